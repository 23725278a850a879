use leptos::prelude::untrack;
use signet_ask::{ChangePassword, Task, Trouble};

use super::NewPassword;
use crate::{
    browser,
    el::{El, div, el},
    part::{Field, alert, form, submit, working},
    state::App,
    text,
    value::Value,
};

/// The field for the password, or the recovery key, that holds now.
pub(super) const CURRENT: &str = "current";
const OTHERS: &str = "others";

/// The form that replaces the password.
#[derive(Clone, Copy)]
pub(super) struct PasswordChange {
    app: App,
    pub(super) busy: Value<bool>,
    /// Whether the present password is asked for.
    asks: Value<bool>,
    current_error: Value<Option<String>>,
    new: NewPassword,
    error: Value<Option<String>>,
    /// It is replaced, and so many other sessions were ended.
    pub(super) done: Value<Option<u32>>,
}

impl PasswordChange {
    pub(super) fn new(app: App, busy: Value<bool>, asks: bool) -> Self {
        Self {
            app,
            busy,
            asks: Value::new(asks),
            current_error: Value::new(None),
            new: NewPassword::new(),
            error: Value::new(None),
            done: Value::new(None),
        }
    }

    pub(super) fn form(self, class: &'static str, head: impl IntoIterator<Item = El>, label: &'static str) -> El {
        let Self { app, busy, .. } = self;
        // Tells a password manager whose password this is.
        let whose = el("input").set("type", "text").set("name", "username").set("autocomplete", "username");
        let whose = whose.set("hidden", "").live("value", move || app.username().map(Into::into));
        let tick = el("input").set("type", "checkbox").set("id", OTHERS).set("checked", "");
        let label_of = el("div").child(el("label").set("for", OTHERS).text(text::OTHERS_TOO));
        form(class, busy, move || self.send())
            .children(head)
            .child(whose)
            .part(move || self.error.get().map(alert))
            .part(move || self.asks.get().then(|| current(busy, self.current_error)))
            .children(self.new.fields([text::NEW_PASSWORD, text::REPEAT_NEW_PASSWORD], busy, move || name(app)))
            .child(div("check").child(tick).child(label_of))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, label, busy))
    }

    fn send(self) {
        let app = self.app;
        let current = self.asks.get_untracked().then(|| browser::typed(CURRENT));
        let nothing = current.as_ref().is_some_and(String::is_empty);
        self.error.set(None);
        self.current_error.set(nothing.then(|| text::CURRENT_EMPTY.to_owned()));
        let bad = self.new.objection(&name(app));
        if let Some(field) = nothing.then_some(CURRENT).or(bad) {
            return browser::focus(field);
        }
        let new = browser::typed(NewPassword::FIELD);
        let question = ChangePassword { current, new, end_others: browser::is_checked(OTHERS), ticket: None };
        self.busy.set(true);
        app.progress.set(None);
        app.ask(question, move |answer| {
            self.busy.set(false);
            match answer {
                Ok(ended) => self.done.set(Some(ended)),
                Err(trouble) => self.report(&trouble),
            }
        });
    }

    fn report(self, trouble: &Trouble) {
        if let Some(says) = about_current(trouble) {
            self.asks.set(true);
            self.current_error.set(Some(says));
            return browser::soon(|| browser::focus(CURRENT));
        }
        let beside = match trouble {
            Trouble::BadPassword | Trouble::IsRecoveryKey => self.new.error,
            _ => self.error,
        };
        let says = match trouble {
            Trouble::IsRecoveryKey => text::NEW_IS_RECOVERY_KEY.to_owned(),
            other => text::trouble(other),
        };
        beside.set(Some(says));
    }
}

fn name(app: App) -> String {
    untrack(|| app.username()).unwrap_or_default()
}

pub(super) fn current(busy: Value<bool>, error: Value<Option<String>>) -> El {
    let field = Field::new(CURRENT, text::CURRENT_PASSWORD, "current-password", busy).secret();
    field.hint(text::CURRENT_HINT).error(error).show(|line| line)
}

/// What is wrong with the password or recovery key that was to prove who this is, if that is the trouble.
pub(super) fn about_current(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::LoginFailed | Trouble::RecoveryKeyFailed => Some(text::CURRENT_WRONG.to_owned()),
        Trouble::LoginTooOld => Some(text::CURRENT_AGAIN.to_owned()),
        Trouble::BadRecoveryKey => Some(text::trouble(trouble)),
        _ => None,
    }
}
