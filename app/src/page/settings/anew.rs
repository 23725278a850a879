use leptos::prelude::untrack;
use signet_ask::{AskAnewHere, OpenEarlier, SecretKeyTrouble, Task, Trouble};

use super::{super::secret_key::about, Settings, said, section};
use crate::{
    Route, browser,
    el::{El, el, flag},
    part::{Field, alert, button, form, submit, unless, working},
    route::{self, Step},
    text::{self, anew as says},
    value::Value,
};

const SECRET: &str = "earlier";
const SECRET_KEY: &str = "earlier-secret-key";

impl Settings {
    /// What the account had before it began anew, if it did.
    pub(super) fn earlier(self) -> El {
        let begun = move || self.account.with(|account| account.as_ref().is_some_and(|seen| seen.begun_anew));
        let words = Value::new(String::new());
        el("div").part(move || begun().then(|| untrack(|| self.earlier_section(words))))
    }

    fn earlier_section(self, words: Value<String>) -> El {
        let app = self.app;
        let (busy, beside, error) = (Value::new(false), Value::new(None), Value::new(None::<String>));
        // That password needed a secret key beside it.
        let (asked, key_error) = (Value::new(false), Value::new(None));
        let send = move || {
            let secret = browser::typed(SECRET);
            let secret_key = Some(browser::typed(SECRET_KEY)).filter(|key| !key.is_empty());
            key_error.set(None);
            error.set(None);
            words.set(String::new());
            beside.set(secret.is_empty().then(|| says::EARLIER_EMPTY.to_owned()));
            if secret.is_empty() {
                return browser::focus(SECRET);
            }
            busy.set(true);
            app.progress.set(None);
            app.ask(OpenEarlier { secret, secret_key }, move |answer| {
                busy.set(false);
                match answer {
                    Ok(()) => {
                        if let Some(field) = browser::input(SECRET) {
                            field.set_value("");
                        }
                        words.set(says::OPENED.to_owned());
                    }
                    Err(Trouble::LoginFailed | Trouble::RecoveryKeyFailed) => {
                        beside.set(Some(says::EARLIER_WRONG.to_owned()));
                    }
                    Err(Trouble::SecretKey(trouble)) => {
                        key_error.set(Some(match trouble {
                            SecretKeyTrouble::Needed => text::secret_key::EARLIER_NEEDED.to_owned(),
                            trouble => about(trouble).to_owned(),
                        }));
                        if !asked.get_untracked() {
                            asked.set(true);
                        }
                        browser::soon(|| browser::focus(SECRET_KEY));
                    }
                    Err(trouble) => error.set(Some(text::trouble(&trouble))),
                }
            });
        };
        let key_field = move || {
            let field = Field::new(SECRET_KEY, text::secret_key::EARLIER, "off", busy);
            field.hint(text::secret_key::FIELD_HINT).error(key_error).show(|line| line)
        };
        let field = Field::new(SECRET, says::EARLIER_SECRET, "off", busy).secret().error(beside);
        let form = form("form", busy, send)
            .part(move || error.get().map(alert))
            .child(field.show(|line| line))
            .part(move || asked.get().then(key_field))
            .part(move || busy.get().then(|| working(app, Task::Secret, says::OPENING, says::OPENING_TEXT)))
            .child(submit(app, says::OPEN_EARLIER, busy));
        section(says::EARLIER).child(el("p").class("hint").text(says::EARLIER_TEXT)).child(form).child(said(words))
    }

    /// For whoever has lost both secrets and is still signed in.
    pub(super) fn anew(self) -> El {
        let app = self.app;
        let (busy, asked, error) = (Value::new(false), Value::new(false), Value::new(None::<String>));
        let ask = button("button", says::ASK).live("disabled", move || flag(app.username().is_none()));
        let ask = unless(busy, ask, move || {
            busy.set(true);
            app.ask(AskAnewHere {}, move |answer| {
                if busy.is_gone() {
                    return;
                }
                busy.set(false);
                asked.set(answer.is_ok());
                error.set(answer.err().map(|trouble| text::trouble(&trouble)));
            });
        });
        let go_on = move || {
            let way = button("button", says::GO_ON);
            let way = way.on("click", move |_| route::go(app, Route::Recover, None, Step::Push));
            [el("p").class("said").set("role", "status").text(says::ASKED_HERE), way]
        };
        section(says::SECTION)
            .child(el("p").class("hint").text(says::SECTION_TEXT))
            .part(move || error.get().map(alert))
            .child(ask)
            .part(move || asked.get().then(go_on).into_iter().flatten())
    }
}
