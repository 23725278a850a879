//! The routes, on a real listener, with both stores. One file for each concern.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

mod admin;
mod anew;
mod connections;
mod csrf;
mod delete;
mod headers;
mod keys;
mod limits;
mod login;
mod mailbox;
mod postgres;
mod process;
mod register;
mod rescue;
mod secret;
mod session;
mod sessions;
mod share;
mod shutdown;
mod site;
mod socket;
mod state;
mod tls;
