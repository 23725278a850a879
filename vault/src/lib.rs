//! The only holder of keys and opened messages.

pub mod machine;
mod sorted;
#[cfg(target_arch = "wasm32")]
mod worker;
