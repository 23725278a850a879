//! What the browser and the relay agree on: ids, names, the layout of an envelope and of a key statement, the frames on
//! the wire, and the limits of all of them. Nothing here encrypts, decrypts, signs or verifies; the relay is built with
//! this crate and cannot open a message.

pub mod api;
mod bytes;
pub mod code;
pub mod envelope;
mod hash;
mod ids;
pub mod limits;
pub mod opaque;
pub mod statement;
mod username;
pub mod wire;

pub use bytes::{DecodeError, Reader, Writer};
pub use hash::{Digest32, Hash};
pub use ids::*;
pub use username::{Username, UsernameError};
