//! The only holder of keys and opened messages.

pub mod machine;
#[cfg(target_arch = "wasm32")]
mod worker;
