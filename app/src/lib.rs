//! The interface. `render` writes it to fixed HTML at build time (feature `ssr`); in the browser (feature `browser`) the same
//! pages are mounted in the place of that HTML and talk to the vault, which alone holds keys.
//!
//! They do not hydrate it: the code that finds its way through existing HTML weighs as much as all the rest, and has to
//! trust that the HTML is what it expects. `boot.js` carries over what was typed before the swap.

mod app;
mod browser;
mod chat;
mod el;
mod lazy;
mod page;
mod part;
mod password;
mod route;
mod state;
pub mod text;
mod value;
#[cfg(feature = "browser")]
mod vault;
mod webauthn;

#[cfg(feature = "ssr")]
pub mod document;

pub use route::Route;

/// Fetches what the page of the current address needs. Called once, by `boot.js`, which then builds it.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn ready() {
    // Without it the page says what is missing.
    let _ = lazy::fetch(Route::from_path(&browser::path())).await;
}

/// Builds the page of the current address inside `place`, which is not in the document yet. Not `async`: of a fault in here
/// the caller has to hear.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(place: web_sys::HtmlElement) {
    let route = Route::from_path(&browser::path());
    leptos::mount::mount_to(place, move || app::app(route)).forget();
}
