//! The services that a relay may stand on, started by tests and benchmarks as real processes: each in a temporary folder,
//! for nobody else, and gone with whoever started it, however that ended.

mod lease;
mod postgres;
mod user;

pub use lease::Lease;
pub use postgres::Postgres;
