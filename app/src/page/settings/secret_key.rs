use leptos::prelude::untrack;
use signet_ask::{SecretKey, SecretKeyStep, SecretKeyText, SecretKeyTrouble, SecretKeyView, Task, Trouble};

use super::{
    super::{
        change::CURRENT,
        secret_key::{STAYS, sentence, shown, stays},
    },
    Form, Settings, said, section,
};
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{Field, alert, check, form, idle_while, submit, tick, working},
    text::{self, secret_key as says},
    value::Value,
};

/// What stays where it is, whatever the account uses.
const STABLE: &str = "secret-key-section";
const USER: &str = "use-secret-key";
const DROPPER: &str = "drop-secret-key";
const SAVED: &str = "secret-key-saved";
const HEAD: &str = "secret-key-head";

/// The password, where nothing else will do.
#[derive(Clone, Copy)]
struct Password {
    beside: Value<Option<String>>,
    other: Value<Option<String>>,
}

impl Settings {
    pub(super) fn secret_key(self) -> El {
        let words = Value::new(String::new());
        let body = move || {
            let uses = self.uses_key.get();
            Some(untrack(|| match uses {
                None => el("p").class("hint").text(text::LOADING),
                Some(true) => self.in_use(words),
                Some(false) => self.not_in_use(words),
            }))
        };
        section(says::SECTION)
            .child(el("p").class("hint").set("id", STABLE).set("tabindex", "-1").text(says::SECTION_TEXT))
            .child(el("p").class("hint").text(says::OTHERS_OPEN))
            .part(body)
            .child(said(words))
    }

    fn not_in_use(self, words: Value<String>) -> El {
        div("form")
            .child(el("p").text(says::NOT_NEEDED))
            .child(self.opener(Form::UseSecretKey, USER, says::TURN_ON))
            .part(move || self.is_open(Form::UseSecretKey).then(|| untrack(|| self.use_secret_key(words, false))))
    }

    fn in_use(self, words: Value<String>) -> El {
        let view = Value::new(None::<SecretKeyView>);
        let error = Value::new(None::<String>);
        let ask = move |step: SecretKeyStep| {
            self.app.ask(SecretKey { step: step.into() }, move |answer| {
                if view.is_gone() {
                    return;
                }
                error.set(answer.as_ref().err().map(sentence));
                view.set(answer.ok());
                self.read_account();
            });
        };
        let label = move || if view.with(Option::is_some) { says::HIDE } else { says::SHOW };
        let toggle = el("button").set("type", "button").class("button").live_text(move || label().into());
        let toggle = toggle.live("disabled", move || flag(self.busy.get())).on("click", move |_| {
            words.set(String::new());
            if view.with_untracked(Option::is_some) { view.set(None) } else { ask(SecretKeyStep::Show) }
        });
        let opened = move || {
            let SecretKeyView { key, stays: already } = view.get()?;
            let key = key?;
            Some(untrack(|| {
                let box_ = div("").on("change", move |_| ask(SecretKeyStep::Stays(browser::is_checked(STAYS))));
                div("form recovery").children(shown(self.app, key)).child(box_.child(stays(self.busy, already)))
            }))
        };
        let openers = div("pair").children([
            self.opener(Form::UseSecretKey, USER, says::REPLACE),
            self.opener(Form::DropSecretKey, DROPPER, says::TURN_OFF),
        ]);
        div("form")
            .child(el("p").text(says::NEEDED))
            .child(toggle)
            .part(move || error.get().map(alert))
            .part(opened)
            .child(openers)
            .part(move || self.is_open(Form::UseSecretKey).then(|| untrack(|| self.use_secret_key(words, true))))
            .part(move || self.is_open(Form::DropSecretKey).then(|| untrack(|| self.drop_secret_key(words))))
    }

    /// A new one is shown, and is needed once the person says that it is saved.
    fn use_secret_key(self, words: Value<String>, replaces: bool) -> El {
        let (made, error) = (Value::new(None::<SecretKeyText>), Value::new(None::<String>));
        words.set(String::new());
        self.app.ask(SecretKey { step: SecretKeyStep::Make.into() }, move |answer| {
            if made.is_gone() {
                return;
            }
            match answer {
                Ok(view) => {
                    made.set(view.key);
                    browser::soon(|| browser::focus(HEAD));
                }
                Err(trouble) => error.set(Some(sentence(&trouble))),
            }
        });
        div("form")
            .part(move || error.get().map(alert))
            .part(move || made.get().map(|key| untrack(|| self.confirm_secret_key(words, key, replaces))))
    }

    fn confirm_secret_key(self, words: Value<String>, key: SecretKeyText, replaces: bool) -> El {
        let (app, busy, password, saved) = (self.app, self.busy, Password::new(), Value::new(false));
        let tick = tick().on("change", move |_| saved.set(browser::is_checked(SAVED)));
        let used = key.clone();
        let send = move || {
            if !saved.get_untracked() {
                return browser::focus(SAVED);
            }
            let Some(current) = password.typed() else { return };
            self.change_secret_key(SecretKeyStep::Use { current, key: used.clone() }, password, words, says::TURNED_ON);
        };
        let go = el("button").set("type", "submit").class("button primary wide");
        let go =
            go.text(if replaces { says::REPLACE } else { says::TURN_ON }).live("disabled", move || flag(!saved.get()));
        form("form recovery", busy, send)
            .child(el("h3").set("id", HEAD).set("tabindex", "-1").text(says::NEW))
            .child(el("p").class("lead").text(says::NEW_TEXT))
            .child(el("p").class("hint").text(if replaces { says::REPLACE_TEXT } else { says::LIMIT }))
            .children(shown(app, key))
            .child(check(tick, SAVED, says::SAVED_IT, None))
            .part(move || password.other.get().map(alert))
            .child(password.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(idle_while(busy, go))
            .child(self.cancel(USER))
    }

    fn drop_secret_key(self, words: Value<String>) -> El {
        let (app, busy, password) = (self.app, self.busy, Password::new());
        words.set(String::new());
        let send = move || {
            let Some(current) = password.typed() else { return };
            self.change_secret_key(SecretKeyStep::Drop { current }, password, words, says::TURNED_OFF);
        };
        form("form", busy, send)
            .child(el("p").class("hint").text(says::TURN_OFF_TEXT))
            .part(move || password.other.get().map(alert))
            .child(password.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, says::TURN_OFF, busy))
            .child(self.cancel(DROPPER))
    }

    fn change_secret_key(self, step: SecretKeyStep, password: Password, words: Value<String>, done: &'static str) {
        self.busy.set(true);
        self.app.progress.set(None);
        self.app.ask(SecretKey { step: step.into() }, move |answer| {
            self.busy.set(false);
            match answer {
                Ok(_) => {
                    words.set(done.to_owned());
                    self.close(STABLE);
                    self.read();
                }
                Err(trouble) => password.report(&trouble),
            }
        });
    }
}

impl Password {
    fn new() -> Self {
        Self { beside: Value::new(None), other: Value::new(None) }
    }

    fn field(self, busy: Value<bool>) -> El {
        let field = Field::new(CURRENT, text::CURRENT_PASSWORD, "current-password", busy).secret();
        field.error(self.beside).show(|line| line)
    }

    fn typed(self) -> Option<String> {
        let typed = Some(browser::typed(CURRENT)).filter(|typed| !typed.is_empty());
        self.other.set(None);
        self.beside.set(typed.is_none().then(|| says::CURRENT_EMPTY.to_owned()));
        if typed.is_none() {
            browser::focus(CURRENT);
        }
        typed
    }

    fn report(self, trouble: &Trouble) {
        let beside = match trouble {
            Trouble::LoginFailed => says::CURRENT_WRONG,
            Trouble::IsRecoveryKey | Trouble::BadRecoveryKey => says::NO_RECOVERY_KEY,
            Trouble::SecretKey(SecretKeyTrouble::Misplaced) => says::CURRENT_WRONG,
            Trouble::LoginTooOld => text::CURRENT_AGAIN,
            other => return self.other.set(Some(sentence(other))),
        };
        self.beside.set(Some(beside.to_owned()));
        browser::soon(|| browser::focus(CURRENT));
    }
}
