//! A relay on a loopback port, people with accounts on it, and their sockets.

mod browser;
pub(crate) mod change;
mod envelope;
pub(crate) mod person;
pub(crate) mod program;
mod relay;
mod socket;

pub(crate) use browser::{Answer, Browser};
pub(crate) use envelope::{Writer, envelope};
pub(crate) use person::Person;
pub(crate) use program::Program;
pub(crate) use relay::{Relay, Store};
pub(crate) use socket::{Delivered, Socket, soon};

/// The same test on both stores.
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($store:ident) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "not every test needs everything")]
            use super::*;
            async fn holds($store: crate::common::Store) $body
            #[tokio::test]
            async fn in_memory() { holds(crate::common::Store::Memory).await; }
            #[tokio::test]
            async fn in_sqlite() { holds(crate::common::Store::Sqlite).await; }
        })+
    };
}
pub(crate) use both;
