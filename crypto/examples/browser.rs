//! The crate's self-test for a browser: `cargo xtask self-test` and `cargo xtask bench timing` build it, and
//! `crypto/interop/browser/run.mjs` loads it in Chromium.

#![cfg(target_family = "wasm")]

use signet_crypto::self_test::timing::{Plan, run};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Runs everything, with our own vectors as names and texts; the lines of `signet_crypto::self_test::run`.
#[wasm_bindgen(js_name = selfTest)]
pub fn self_test(names: Vec<String>, texts: Vec<String>) -> Vec<String> {
    std::panic::set_hook(Box::new(|info| error(&info.to_string())));
    let own: Vec<_> = names.into_iter().zip(texts).collect();
    signet_crypto::self_test::run(&own)
}

/// The lines of `signet_crypto::self_test::timing::run`, and last `good` or `bad`. A browser's clock is coarse: what takes
/// microseconds is done `batch` times for each sample.
#[wasm_bindgen]
pub fn timing(tags: usize, batch: usize, unwraps: usize) -> Vec<String> {
    let plan = Plan { tags, batch, unwraps, now: || now() * 1e6 };
    let (mut lines, good) = run(&plan, &mut rand::rng());
    lines.push(if good { "good" } else { "bad" }.to_owned());
    lines
}
