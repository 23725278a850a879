use leptos::task::spawn_local;

use crate::{
    Route, browser,
    el::{El, el, flag},
    part::{button, check, icon, shell_without_links, tick},
    route::{self, Step},
    state::App,
    text::{self, fill},
    value::Value,
};

/// A recovery key just made, once, to be saved before going on.
pub(crate) fn recovery(app: App, username: String, key: String) -> El {
    let saved = Value::new(false);
    let tick = tick().on("change", move |_| saved.set(browser::is_checked("saved")));
    let done = button("button primary wide", text::CONTINUE).live("disabled", move || flag(!saved.get()));
    let head =
        [el("h1").set("tabindex", "-1").text(text::RECOVERY_KEY), el("p").class("lead").text(text::RECOVERY_TEXT)];
    let page = el("section").class("card form recovery").children(head).children(shown(username, key)).children([
        check(tick, "saved", text::SAVED_IT, None),
        done.on("click", move |_| {
            app.tell(signet_ask::RecoveryKeySaved {});
            app.recovery.set(None);
            // A replaced one was made from the settings, which are shown again.
            if matches!(app.route.get_untracked(), Route::SignUp | Route::Recover) {
                route::go(app, Route::Chat, None, Step::Replace);
            }
        }),
    ]);
    shell_without_links("narrow", |main| main.child(page))
}

/// What is said of a key that is shown.
pub(super) struct Words {
    pub(super) test_id: &'static str,
    /// How its file is called, before the username.
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) copy_failed: &'static str,
}

const WORDS: Words = Words {
    test_id: "recovery-key",
    file: "signet-recovery-key-",
    title: text::RECOVERY_FILE,
    copy_failed: text::COPY_FAILED,
};

/// The recovery key itself, and the ways to keep it.
pub(super) fn shown(username: String, key: String) -> [El; 4] {
    shown_as(username, key, &WORDS)
}

pub(super) fn shown_as(username: String, key: String, words: &'static Words) -> [El; 4] {
    let said = Value::new("");
    let copied = key.clone();
    let copy = move |_| {
        let key = copied.clone();
        spawn_local(async move {
            let done = browser::copy(&key).await;
            said.set(if done { text::COPIED } else { words.copy_failed });
        });
    };
    let (site, today) = (browser::origin(), browser::calendar(browser::now()));
    let facts = [(text::RECOVERY_OF, username.clone()), (text::RECOVERY_AT, site), (text::RECOVERY_DATE, today)];
    let kept = key.clone();
    let written = facts.clone();
    let download = move |_| {
        let facts = written.iter().map(|(what, is)| [what, ": ", is, "\n"].concat()).collect::<String>();
        let content = [&fill(words.title, &username), "\n\n", &kept, "\n\n", &facts].concat();
        let _ = browser::download(&[words.file, &username, ".txt"].concat(), &content);
    };
    let pair = el("p").class("pair").children([
        button("button", "").on("click", copy).child(icon::copy()).text(text::COPY),
        button("button", "").on("click", download).child(icon::download()).text(text::DOWNLOAD),
        button("button", "").on("click", |_| browser::print()).child(icon::print()).text(text::PRINT),
    ]);
    // On paper it stands alone: what it opens, where, and since when, goes with it.
    let paper = el("dl")
        .class("on-paper")
        .children(facts.into_iter().flat_map(|(what, is)| [el("dt").text(what), el("dd").text(is)]));
    [
        el("p").class("secret").set("data-testid", words.test_id).set("dir", "ltr").text(key),
        paper,
        pair,
        el("p").class("hint").set("aria-live", "polite").live_text(move || said.get().into()),
    ]
}
