//! The pages, their addresses, and moving between them without loading a document: the vault's worker lives on.

use signet_shared::ConvId;
use wasm_bindgen::JsCast;

use crate::{
    browser,
    el::{El, el},
    state::App,
    text,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    Home,
    SignUp,
    SignIn,
    Recover,
    Open,
    Chat,
    Settings,
    Privacy,
}

impl Route {
    pub const ALL: [Self; 8] =
        [Self::Home, Self::SignUp, Self::SignIn, Self::Recover, Self::Open, Self::Chat, Self::Settings, Self::Privacy];

    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::SignUp => "/sign-up",
            Self::SignIn => "/sign-in",
            Self::Recover => "/recover",
            Self::Open => "/open-backup",
            Self::Chat => "/chat",
            Self::Settings => "/settings",
            Self::Privacy => "/privacy",
        }
    }

    pub fn file(self) -> &'static str {
        match self {
            Self::Home => "index.html",
            Self::SignUp => "sign-up.html",
            Self::SignIn => "sign-in.html",
            Self::Recover => "recover.html",
            Self::Open => "open-backup.html",
            Self::Chat => "chat.html",
            Self::Settings => "settings.html",
            Self::Privacy => "privacy.html",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Home => text::TITLE_HOME,
            Self::SignUp => text::TITLE_SIGN_UP,
            Self::SignIn => text::TITLE_SIGN_IN,
            Self::Recover => text::TITLE_RECOVER,
            Self::Open => text::TITLE_OPEN,
            Self::Chat => text::TITLE_CHAT,
            Self::Settings => text::TITLE_SETTINGS,
            Self::Privacy => text::TITLE_PRIVACY,
        }
    }

    /// Unknown addresses show the first page.
    pub fn from_path(path: &str) -> Self {
        let path = path.trim_end_matches('/').trim_end_matches(".html");
        Self::ALL.into_iter().find(|route| route.path() == path).unwrap_or(Self::Home)
    }

    /// Pages of which the browser has the fixed HTML alone, and which it loads as any other document.
    pub(crate) fn is_fixed(self) -> bool {
        matches!(self, Self::Home | Self::Privacy)
    }

    pub fn needs_account(self) -> bool {
        matches!(self, Self::Chat | Self::Settings)
    }
}

/// The open conversation stands in the fragment, which no server is told.
pub(crate) fn chat_address(conv: Option<ConvId>) -> String {
    match conv {
        Some(conv) => ["/chat#", &conv.to_string()].concat(),
        None => "/chat".to_owned(),
    }
}

pub(crate) fn conv_in_address() -> Option<ConvId> {
    ConvId::from_hex(browser::hash().trim_start_matches('#'))
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Push,
    Replace,
}

pub(crate) fn go(app: App, route: Route, conv: Option<ConvId>, step: Step) {
    let address = if route == Route::Chat { chat_address(conv) } else { route.path().to_owned() };
    browser::set_address(&address, step == Step::Replace);
    if route == Route::Chat {
        app.chats.open.set(conv);
    }
    if app.route.get_untracked() != route {
        app.route.set(route);
    }
}

/// From a page that signs in to the one that was wanted, or else to the conversations.
pub(crate) fn lead_in(app: App) {
    let wanted = app.wanted.get_untracked().unwrap_or(Route::Chat);
    app.wanted.set(None);
    go(app, wanted, app.chats.open.get_untracked(), Step::Replace);
}

/// Follows the browser's back and forward buttons.
pub(crate) fn follow_history(app: App) {
    browser::on_window("popstate", move || {
        if app.recovery.with_untracked(Option::is_some) {
            return browser::set_address(app.route.get_untracked().path(), false);
        }
        let route = Route::from_path(&browser::path());
        if route.is_fixed() {
            return browser::reload();
        }
        if route == Route::Chat {
            app.chats.open.set(conv_in_address());
        }
        if app.route.get_untracked() != route {
            app.route.set(route);
        }
    });
}

/// A link within the site. A click with a modifier, or a middle click, stays the browser's.
pub(crate) fn link(to: Route, class: &'static str) -> El {
    let app = App::here();
    let link = el("a").set("href", to.path()).class(class);
    link.on("click", move |event| {
        // Whoever is signed in is led on from the first page anyway.
        let to = if to == Route::Home && app.is_signed_in() { Route::Chat } else { to };
        if is_plain_click(&event) && !to.is_fixed() {
            event.prevent_default();
            go(app, to, None, Step::Push);
        }
    })
}

pub(crate) fn is_plain_click(event: &web_sys::Event) -> bool {
    let event: &web_sys::MouseEvent = event.unchecked_ref();
    event.button() == 0 && !event.meta_key() && !event.ctrl_key() && !event.shift_key() && !event.alt_key()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_by_its_address() {
        for route in Route::ALL {
            assert_eq!(Route::from_path(route.path()), route);
        }
        assert_eq!(Route::from_path("/sign-in/"), Route::SignIn);
        assert_eq!(Route::from_path("/nowhere"), Route::Home);
    }
}
