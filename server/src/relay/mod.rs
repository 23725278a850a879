//! Live delivery: one task a connection, fed by what is committed.

mod deliver;
mod hub;
mod in_flight;
mod outbox;
mod read;
mod session;
mod turns;
mod upgrade;
mod write;

pub(crate) use deliver::Deliver;
pub(crate) use hub::{Hub, Line};
pub(crate) use session::{Context, run};
pub(crate) use upgrade::socket;
