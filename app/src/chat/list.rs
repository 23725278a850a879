use signet_ask::{ConversationView, LastLine, Task};
use wasm_bindgen::JsCast;

use super::{empty, new::new_conversation, skeleton, verified_mark};
use crate::{
    Route, browser,
    el::{El, div, el, flag},
    part::{avatar, icon, icon_button},
    route::{self, Step, is_plain_click},
    state::{App, Chat, percent},
    text,
    value::Value,
};

pub(super) fn list(app: App) -> El {
    let list = app.chats.list;
    let asking = Value::new(false);
    let new = icon_button("icon-button accent", text::NEW_CONVERSATION, icon::plus());
    let new = new.live("disabled", move || flag(app.username().is_none())).on("click", move |_| asking.set(true));
    let entries = el("ul").class("list-items").list(
        move || list.get().unwrap_or_default().into_iter().map(|chat| ((b'c', chat.id.0), chat)).collect(),
        move |chat| entry(app, chat),
    );
    let none = move || match list.with(|list| list.as_ref().map(Vec::is_empty)) {
        None => Some(skeleton(
            "skeleton",
            (0..4).map(|_| div("skeleton-entry").child(el("i")).child(el("div").children([el("b"), el("b")]))),
        )),
        Some(true) => {
            let says = text::NO_CONVERSATIONS_TEXT.to_owned();
            Some(empty("empty small", icon::chat(), "h2", text::NO_CONVERSATIONS, says))
        }
        Some(false) => None,
    };
    el("nav")
        .class("list")
        .set("aria-label", text::CONVERSATIONS)
        .on("keydown", move_focus)
        .child(div("list-head").child(el("h1").text(text::CONVERSATIONS)).child(new))
        .part(move || history(app))
        .child(entries)
        .part(none)
        .child(new_conversation(app, asking))
}

fn entry(app: App, chat: Chat) -> El {
    let (id, view) = (chat.id, chat.view);
    let is_open = move || app.chats.open.get() == Some(id);
    let title = view.with_untracked(|view| view.title.clone());
    let link = el("a").class("entry").set("href", route::chat_address(Some(id))).child(avatar(&title));
    let link = link.live("aria-current", move || is_open().then_some("true".into())).on("click", move |event| {
        if is_plain_click(&event) {
            event.prevent_default();
            let is_open = app.chats.open.get_untracked() == Some(id);
            route::go(app, Route::Chat, Some(id), if is_open { Step::Replace } else { Step::Push });
        }
    });
    el("li").child(link.part(move || view.with(content)))
}

fn content(view: &ConversationView) -> Vec<El> {
    let mut title = el("span").class("entry-title").set("dir", "auto").text(view.title.clone());
    if view.verified {
        title = title.text(" ").child(verified_mark());
    }
    let mut parts = vec![title];
    if let Some(last) = &view.last {
        parts.push(el("span").class("entry-time").text(" ").text(browser::brief(last.sent_ms)));
    }
    let last = view.last.as_ref().map(last_line).unwrap_or_default();
    parts.push(el("span").class("entry-last").set("dir", "auto").text(" ").text(last));
    let mut signs = el("span").class("entry-signs");
    if !view.warnings.is_empty() {
        signs = signs.child(el("span").class("entry-warning").child(icon::warning()));
    }
    if view.unread > 0 {
        let spoken = text::count(text::UNREAD_ONE, text::UNREAD_MANY, view.unread);
        let shown = if view.unread > 99 { "99+".to_owned() } else { view.unread.to_string() };
        let badge = el("span").class("badge").child(el("span").set("aria-hidden", "true").text(shown));
        signs = signs.child(badge.child(el("span").class("unseen").text(" ").text(spoken)));
    }
    parts.push(signs);
    parts
}

fn last_line(last: &LastLine) -> String {
    if last.deleted {
        return text::DELETED_MESSAGE.to_owned();
    }
    if last.mine { [text::YOU, " ", &last.text].concat() } else { last.text.clone() }
}

fn history(app: App) -> Option<El> {
    let progress = app.progress_of(Task::History).filter(|progress| progress.done < 1.0)?;
    let says = match progress.left {
        Some(left) => text::count(text::HISTORY_ONE, text::HISTORY_LEFT, left),
        None => text::HISTORY.to_owned(),
    };
    let bar =
        el("progress").set("aria-label", text::HISTORY).set("max", "100").set("value", percent(progress).to_string());
    Some(div("history").child(bar).child(el("p").text(says)))
}

/// Arrow keys walk along the list.
fn move_focus(event: web_sys::Event) {
    let key = event.unchecked_ref::<web_sys::KeyboardEvent>().key();
    if key != "ArrowDown" && key != "ArrowUp" {
        return;
    }
    let item = browser::document().active_element().and_then(|at| at.closest("li").ok().flatten());
    let next =
        item.and_then(
            |item| {
                if key == "ArrowDown" { item.next_element_sibling() } else { item.previous_element_sibling() }
            },
        );
    let link =
        next.and_then(|next| next.first_element_child()).and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(link) = link {
        event.prevent_default();
        let _ = link.focus();
    }
}
