//! The secret key, where it is typed and where it is shown.

use leptos::prelude::untrack;
use signet_ask::{GiveSecretKey, SecretKeyText, SecretKeyTrouble, Status, Trouble};

use super::recovery::{Words, shown_as};
use crate::{
    Route, browser,
    el::{El, el, flag},
    part::{Field, alert, button, check, form, submit, tick},
    route::link,
    state::App,
    text::{self, secret_key as says},
    value::Value,
};

const KEY: &str = "secret-key";
/// The heading of the step that asks for it.
const HEAD: &str = "secret-key-asked";
pub(super) const STAYS: &str = "secret-key-stays";
pub(super) const WORDS: Words =
    Words { test_id: KEY, file: "signet-secret-key-", title: says::FILE, copy_failed: says::COPY_FAILED };

/// In the place of the form that signs in, once the password was right.
pub(crate) fn step(app: App, asked: Value<Option<Trouble>>) -> El {
    let (busy, beside, error) = (Value::new(false), Value::new(None), Value::new(None::<String>));
    let hidden = asked.get_untracked() == Some(Trouble::SecretKey(SecretKeyTrouble::Hidden));
    let leave = move || {
        asked.set(None);
        if let Some(field) = browser::input("password") {
            field.set_value("");
        }
        browser::soon(|| browser::focus("password"));
    };
    let cancel = move |_: web_sys::Event| {
        if hidden {
            return leave();
        }
        app.ask(GiveSecretKey { key: None, stays: false }, move |_| leave());
    };
    let send = move || {
        let key = browser::typed(KEY);
        error.set(None);
        beside.set(key.is_empty().then(|| says::EMPTY.to_owned()));
        if key.is_empty() {
            return browser::focus(KEY);
        }
        busy.set(true);
        let question = GiveSecretKey { key: Some(key), stays: browser::is_checked(STAYS) };
        app.ask(question, move |answer| match answer {
            Ok(status @ Status::SignedIn { .. }) => app.set_status(status),
            Ok(_) => leave(),
            Err(Trouble::SecretKey(trouble)) if trouble != SecretKeyTrouble::Hidden => {
                busy.set(false);
                beside.set(Some(about(trouble).to_owned()));
                browser::soon(|| browser::focus(KEY));
            }
            // The worker that waited for it is gone: the password again.
            Err(Trouble::SignedOut) => leave(),
            Err(trouble) => {
                busy.set(false);
                error.set(Some(sentence(&trouble)));
            }
        });
    };
    let field = Field::new(KEY, says::FIELD, "off", busy).hint(says::FIELD_HINT).error(beside);
    let back = button("button wide", text::CANCEL).live("disabled", move || flag(busy.get())).on("click", cancel);
    let card = form("card form", busy, send).child(el("h1").set("id", HEAD).set("tabindex", "-1").text(says::ASKED));
    if hidden {
        return card.child(alert(says::HIDDEN.to_owned())).child(back);
    }
    card.child(el("p").class("lead").text(says::ASKED_LEAD))
        .part(move || error.get().map(alert))
        .child(field.show(|line| line))
        .child(stays(busy, false))
        .child(submit(app, text::CONTINUE, busy))
        .child(back)
        .child(el("p").class("hint").text(says::NOT_AT_HAND))
        .child(super::aside(says::OTHERS_OPEN, link(Route::Recover, "").text(text::USE_RECOVERY_KEY)))
}

/// The box by which signing out leaves it here.
pub(super) fn stays(busy: Value<bool>, already: bool) -> El {
    let mut tick = tick().live("disabled", move || flag(busy.get()));
    if already {
        tick = tick.set("checked", "");
    }
    check(tick, STAYS, says::STAYS, Some(says::STAYS_HINT))
}

/// The key itself, and the ways to keep it.
pub(super) fn shown(app: App, key: SecretKeyText) -> [El; 4] {
    let name = untrack(|| app.username()).unwrap_or_default();
    shown_as(name, key.0, &WORDS)
}

pub(super) fn about(trouble: SecretKeyTrouble) -> &'static str {
    match trouble {
        SecretKeyTrouble::Needed => says::EMPTY,
        SecretKeyTrouble::Form => says::FORM,
        SecretKeyTrouble::Mistyped => says::MISTYPED,
        SecretKeyTrouble::Wrong => says::WRONG,
        SecretKeyTrouble::Misplaced => says::IS_SECRET_KEY,
        SecretKeyTrouble::NewPassword => says::NEW_IS_SECRET_KEY,
        SecretKeyTrouble::Hidden => says::HIDDEN,
    }
}

/// As [`text::trouble`], where the sentences about the secret key are here.
pub(super) fn sentence(trouble: &Trouble) -> String {
    match trouble {
        Trouble::SecretKey(trouble) => about(*trouble).to_owned(),
        trouble => text::trouble(trouble),
    }
}
