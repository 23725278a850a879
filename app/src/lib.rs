//! The interface. `render` writes it to fixed HTML at build time (feature `ssr`); in the browser the same components take
//!  and talk to the vault, which alone holds keys.

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
#[cfg(feature = "browser")]
mod vault;

#[cfg(feature = "ssr")]
pub mod document;

pub use route::Route;

/// Builds the page of the current address inside `place`, which need not be in the document yet. Called once, by `boot.js`.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(place: web_sys::HtmlElement) {
    let route = Route::from_path(&browser::path());
    leptos::mount::mount_to(place, move || app::app(route)).forget();
}
