//! What the formats promise, seen from outside the crate.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod keys;
mod making;
mod messages;
mod objects;
mod opaque;
mod people;
mod secrets;
mod statements;
