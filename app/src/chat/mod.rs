//! The conversations: the list, and the open one beside it (or instead of it, on a narrow screen).

mod actions;
pub(crate) mod code;
mod compose;
mod conversation;
mod details;
mod list;
mod message;
mod new;
mod reset;
mod show;

pub(crate) use actions::actions;
pub(crate) use details::details;
use leptos::prelude::untrack;
use signet_ask::Connection;

use crate::{
    Route,
    el::{El, div, el, flag},
    lazy,
    part::{SigningOut, alert, brand, icon, icon_button},
    route::link,
    state::App,
    text,
};

pub(crate) fn chat(app: App) -> El {
    let open = app.chats.open;
    let settings = link(Route::Settings, "icon-button").child(el("span").class("unseen").text(text::SETTINGS));
    let signing_out = SigningOut::new(app);
    let sign_out = icon_button("icon-button", text::SIGN_OUT, icon::leave());
    let lock = icon_button("icon-button", text::LOCK, icon::lock());
    let account = div("account").children([
        el("span")
            .class("account-name")
            .set("dir", "auto")
            .live_text(move || app.username().unwrap_or_default().into()),
        settings.child(icon::gear()),
        lock.live("disabled", move || flag(app.username().is_none()))
            .on("click", move |_| app.lock(move |trouble| app.trouble.set(Some(trouble)))),
        sign_out.live("disabled", move || flag(app.username().is_none())).on("click", move |_| signing_out.start()),
        signing_out.dialog(),
    ]);
    let bar = el("header").class("chat-bar").children([brand(), connection(app), account]);
    let not_storing = move || app.connection.get() == Some(Connection::NotStoring);
    let says = move || app.trouble_text().or_else(|| not_storing().then(|| text::NOT_STORING_TEXT.to_owned()));
    let asked = move || app.anew.get().map(|notice| untrack(|| lazy::asked(app, notice)));
    // Above both panes: on a phone only one of them is seen.
    let notices = div("notices").part(asked).part(move || says().map(alert));
    let pane = el("main").class("pane").part(move || {
        [match open.get() {
            Some(conv) => untrack(|| conversation::conversation(app, conv)),
            None => empty("empty", icon::lock(), "h2", text::NOTHING_OPEN, text::NOTHING_OPEN_TEXT.into()),
        }]
    });
    let class = move || Some(if open.get().is_some() { "chat has-open" } else { "chat" }.into());
    el("div").live("class", class).children([bar, notices, list::list(app), pane])
}

fn connection(app: App) -> El {
    let state = move || match app.connection.get() {
        Some(Connection::Connected) => text::CONNECTED,
        Some(Connection::NotStoring) => text::NOT_STORING,
        Some(Connection::Offline) => text::OFFLINE,
        Some(Connection::Reconnecting { .. }) | None => text::RECONNECTING,
    };
    let status = div("connection").set("role", "status").set("aria-label", text::CONNECTION);
    status.live("data-state", move || Some(state().into())).live_text(move || state().into())
}

/// Says why there is nothing to see.
fn empty(class: &'static str, icon: El, heading: &'static str, title: &'static str, says: String) -> El {
    let mark = div("empty-mark").child(icon);
    div(class).children([mark, el(heading).text(title), el("p").text(says)])
}

/// Beside the name of someone whose identity has been compared.
fn verified_mark() -> El {
    el("span").class("verified").child(icon::shield()).child(el("span").class("unseen").text(text::VERIFIED_MARK))
}

/// Grey bars in the place of what is not there yet.
fn skeleton(class: &'static str, bars: impl IntoIterator<Item = El>) -> El {
    div(class).set("role", "img").set("aria-label", text::LOADING).children(bars)
}
