//! What the formats promise, seen from outside the crate.

mod messages;
mod objects;
mod opaque;
mod people;
mod secrets;
mod statements;
