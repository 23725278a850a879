use leptos::prelude::*;

use crate::{Route, route::Link, text};

/// The frame of every page but the conversations.
#[component]
pub(crate) fn Shell(#[prop(optional)] class: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="shell">
            <header class="shell-head"><Link to=Route::Home class="brand-link"><Brand/></Link></header>
            <main class=["shell-main ", class].concat()>{children()}</main>
            <footer class="shell-foot"><Link to=Route::Privacy>{text::PRIVACY}</Link></footer>
        </div>
    }
}

/// The mark, a seal pressed into wax, and the name.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <span class="brand">
            <svg class="brand-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
                <path class="brand-wax" d="M16 1.5l4 2.6 4.7-.4 1.9 4.3 4 2.5-1 4.6 1.6 4.4-3.7 2.9-1.2 4.6-4.8.2L18 30.4l-4-2.2-4.6.9-2.4-4.1-4.3-1.9.6-4.7L1.300 14.300l3.300-3.400.5-4.700 4.600-1.100z"></path>
                <path class="brand-ring" d="M16 8a8 8 0 100 16 8 8 0 000-16zM12.500 16.200l2.500 2.500 4.600-5"></path>
            </svg>
            <span class="brand-name">{text::BRAND}</span>
        </span>
    }
}
