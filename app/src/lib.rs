//! The interface. `render` writes it to fixed HTML at build time (feature `ssr`); in the browser the same components take
//! over that HTML (feature `hydrate`) and talk to the vault, which alone holds keys.

#![recursion_limit = "1024"]
#![allow(unreachable_pub, reason = "the component macro makes its own items public")]

mod app;
mod browser;
mod chat;
mod page;
mod part;
mod password;
mod route;
mod state;
pub mod text;
#[cfg(feature = "hydrate")]
mod vault;

#[cfg(feature = "ssr")]
pub mod document;

pub use route::Route;

/// Takes over the page's HTML. Called once, by `boot.js`.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use wasm_bindgen::JsCast;

    let Some(root) = browser::document().get_element_by_id("app").and_then(|e| e.dyn_into().ok()) else {
        return;
    };
    let route = Route::from_path(&browser::path());
    leptos::mount::hydrate_from(root, move || app::app(route)).forget();
}
