//! The crate's self-test for a browser: `cargo xtask self-test` builds it, and `crypto/interop/browser/run.mjs` loads it in
//! Chromium.

#![cfg(target_family = "wasm")]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Runs everything, with our own vectors as names and texts; the lines of `signet_crypto::self_test::run`.
#[wasm_bindgen(js_name = selfTest)]
pub fn self_test(names: Vec<String>, texts: Vec<String>) -> Vec<String> {
    std::panic::set_hook(Box::new(|info| error(&info.to_string())));
    let own: Vec<_> = names.into_iter().zip(texts).collect();
    signet_crypto::self_test::run(&own)
}
