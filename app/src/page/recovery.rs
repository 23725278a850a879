use leptos::task::spawn_local;

use crate::{
    Route, browser,
    el::{El, after, div, el, flag},
    part::{button, icon, shell_without_links},
    route::{self, Step},
    state::App,
    text::{self, fill},
    value::Value,
};

/// The recovery key, once, to be saved before going on.
pub(crate) fn recovery(app: App, username: String, key: String) -> El {
    let saved = Value::new(false);
    let said = Value::new("");
    after(|| browser::focus("recovery-title"));
    let copied = key.clone();
    let copy = move |_| {
        let key = copied.clone();
        spawn_local(async move {
            let done = browser::copy(&key).await;
            said.set(if done { text::COPIED } else { text::COPY_FAILED });
        });
    };
    let kept = key.clone();
    let download = move |_| {
        let content = [&fill(text::RECOVERY_FILE, &username), "\n\n", &kept, "\n"].concat();
        let _ = browser::download(&["signet-recovery-key-", &username, ".txt"].concat(), &content);
    };
    let pair = el("p").class("pair").children([
        el("button").set("type", "button").class("button").on("click", copy).child(icon::copy()).text(text::COPY),
        el("button")
            .set("type", "button")
            .class("button")
            .on("click", download)
            .child(icon::download())
            .text(text::DOWNLOAD),
    ]);
    let tick = el("input").set("type", "checkbox").set("id", "saved");
    let tick = tick.on("change", move |_| saved.set(browser::is_checked("saved")));
    let label = el("div").child(el("label").set("for", "saved").text(text::SAVED_IT));
    let done = button("button primary wide", text::CONTINUE).live("disabled", move || flag(!saved.get()));
    let page = el("section").class("card form").children([
        el("h1").set("id", "recovery-title").set("tabindex", "-1").text(text::RECOVERY_KEY),
        el("p").class("lead").text(text::RECOVERY_TEXT),
        el("p").class("secret").set("data-testid", "recovery-key").set("dir", "ltr").text(key),
        pair,
        el("p").class("hint").set("aria-live", "polite").live_text(move || said.get().into()),
        div("check").child(tick).child(label),
        done.on("click", move |_| {
            app.recovery.set(None);
            route::go(app, Route::Chat, None, Step::Replace);
        }),
    ]);
    shell_without_links("narrow", |main| main.child(page))
}
