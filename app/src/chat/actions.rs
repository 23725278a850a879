//! What can be done with a message, fetched with the settings.

use leptos::task::spawn_local;
use signet_ask::{BodyView, Say, Saying};

use super::message::{self, actions_name, react};
use crate::{
    browser,
    el::{El, after, div, el, flag},
    part::button,
    state::{Answering, App, Row, Said},
    text,
    value::Value,
};

const GROUP: &str = "actions";
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

pub(crate) fn actions(app: App, row: Row) -> El {
    let id = row.id;
    let close = move || {
        app.chats.acting.set(None);
        browser::soon(move || browser::focus(&actions_name(id)));
    };
    let (sure, earlier, copied) = (Value::new(false), Value::new(false), Value::new(None));
    let said = row.said.with_untracked(Said::clone);
    let written = if let BodyView::Text(text) = &said.body { Some(text.clone()) } else { None };
    let is_text = written.is_some();
    let own = said.reactions.iter().find(|reaction| reaction.mine).map(|reaction| reaction.emoji.clone());
    let emoji = QUICK.map(|emoji| {
        let is_own = own.as_deref() == Some(emoji);
        let says = if is_own { "" } else { emoji };
        let button = button("reaction", emoji).set("aria-pressed", if is_own { "true" } else { "false" });
        button.on("click", move |_| {
            react(app, id, says.to_owned());
            close();
        })
    });
    let author = if row.mine { text::BY_YOU.to_owned() } else { row.author.clone() };
    let answer = {
        let (author, text) = (author, written.clone().unwrap_or_default());
        move |edit| {
            app.chats.acting.set(None);
            app.chats.answering.set(Some(Answering { id, edit, author: author.clone(), text: text.clone() }));
            browser::soon(|| browser::focus("message"));
        }
    };
    let edit = answer.clone();
    let copy = move |_| {
        let text = written.clone().unwrap_or_default();
        spawn_local(async move {
            let done = browser::copy(&text).await;
            copied.set(Some(if done { text::COPIED } else { text::NOT_COPIED }));
        });
    };
    let texts = said.texts.clone();
    let history = move || {
        let one = |version: &signet_ask::Version| {
            let at = el("time").text(browser::moment(version.sent_ms));
            el("li").child(at).child(el("p").class("message-text").set("dir", "auto").text(version.text.clone()))
        };
        earlier.get().then(|| el("ol").class("earlier-texts").children(texts.iter().map(one)))
    };
    let mut all = vec![
        button("button small", text::REPLY).on("click", move |_| answer(false)),
        button("button small", text::COPY_TEXT).on("click", copy).live("hidden", move || flag(!is_text)),
    ];
    if row.mine && is_text {
        all.push(button("button small", text::EDIT).on("click", move |_| edit(true)));
    }
    if !said.texts.is_empty() {
        all.push(
            button("button small", text::EARLIER_TEXTS)
                .live("aria-expanded", move || Some(if earlier.get() { "true" } else { "false" }.into()))
                .on("click", move |_| earlier.update(|shown| *shown = !*shown)),
        );
    }
    if row.mine && said.body != BodyView::Deleted {
        all.push(
            button("button small danger", text::DELETE_FOR_ALL)
                .live("hidden", move || flag(sure.get()))
                .on("click", move |_| sure.set(true)),
        );
    }
    let confirm = move || {
        let delete = button("button small danger", text::DELETE_NOW).on("click", move |_| {
            if let Some(conv) = app.chats.open.get_untracked() {
                message::say(app, Say { conv, id, saying: Saying::Delete });
            }
            close();
        });
        let keep = button("button small", text::KEEP).on("click", move |_| sure.set(false));
        let says = el("p").text(text::DELETE_FOR_ALL_TEXT);
        sure.get().then(|| div("actions-sure").set("role", "group").children([says, delete, keep]))
    };
    let emoji = (is_text || said.body == BodyView::Unsupported).then(|| div("actions-line").children(emoji));
    // Where the keyboard goes on, and what hears Escape.
    after(|| browser::soon(|| browser::focus(GROUP)));
    div("actions")
        .set("id", GROUP)
        .set("tabindex", "-1")
        .set("role", "group")
        .set("aria-label", text::ACTIONS_OF)
        // The log tells aloud what is new in it; this is not.
        .set("aria-live", "off")
        .on("keydown", move |event| {
            let event: &web_sys::KeyboardEvent = wasm_bindgen::JsCast::unchecked_ref(&event);
            if event.key() == "Escape" {
                event.prevent_default();
                close();
            }
        })
        .children(emoji)
        .child(div("actions-line").children(all))
        .part(history)
        .part(confirm)
        .part(move || copied.get().map(|says| el("p").class("hint").set("role", "status").text(says)))
}
