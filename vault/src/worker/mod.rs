//! The Web Worker around the machine: the only place of this crate with a network, a store, a clock and randomness.
//!
//! Every tab has such a worker. One of them, whichever holds the lock, runs the machine; the others pass their page's
//! questions on to it ([`tabs`]).

mod db;
mod desk;
mod js;
mod later;
mod net;
mod run;
mod socket;
mod tabs;
mod timers;

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Called once by `vault-worker.js`, when this module is ready. Messages of the page may come from then on.
#[wasm_bindgen]
#[allow(unreachable_pub, reason = "exported to JavaScript, not to other crates")]
pub fn start() -> Result<(), JsValue> {
    tabs::start()
}
