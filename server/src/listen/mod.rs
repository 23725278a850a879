//! What happens to a connection before its first request, and while it says nothing.

mod descriptors;
mod gate;
mod timed;

pub(crate) use descriptors::room;
pub(crate) use gate::{Connection, Gate};
