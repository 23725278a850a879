//! The only holder of keys and opened messages.

mod hashed;
pub mod machine;
mod sorted;
#[cfg(target_arch = "wasm32")]
mod worker;
