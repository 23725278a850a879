//! The messenger core, sans I/O: `handle(now, input) -> effects`. The same code runs in the vault worker and in native
//! tests, which play whole stories between machines and a relay in milliseconds.

mod io;

pub use io::*;
