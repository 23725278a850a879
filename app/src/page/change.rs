use leptos::prelude::untrack;
use signet_ask::{ChangePassword, SecretKeyTrouble, Task, Trouble};

use super::{NewPassword, secret_key::sentence};
use crate::{
    browser,
    el::{El, el},
    part::{Field, alert, check, form, submit, tick, working},
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
    proof: Proof,
    new: NewPassword,
    /// It is replaced, and so many other sessions were ended.
    pub(super) done: Value<Option<u32>>,
}

impl PasswordChange {
    pub(super) fn new(app: App, busy: Value<bool>, asks: bool) -> Self {
        Self { app, busy, asks: Value::new(asks), proof: Proof::new(), new: NewPassword::new(), done: Value::new(None) }
    }

    pub(super) fn form(self, class: &'static str, head: impl IntoIterator<Item = El>, label: &'static str) -> El {
        let Self { app, busy, .. } = self;
        // Tells a password manager whose password this is.
        let whose = el("input").set("type", "text").set("name", "username").set("autocomplete", "username");
        let whose = whose.set("hidden", "").live("value", move || app.username().map(Into::into));
        let others = check(tick().set("checked", ""), OTHERS, text::OTHERS_TOO, None);
        form(class, busy, move || self.send())
            .children(head)
            .child(whose)
            .part(move || self.proof.other.get().map(alert))
            .part(move || self.asks.get().then(|| self.proof.field(busy)))
            .children(self.new.fields([text::NEW_PASSWORD, text::REPEAT_NEW_PASSWORD], busy, move || name(app)))
            .child(others)
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, label, busy))
    }

    fn send(self) {
        let app = self.app;
        let bad = self.new.objection(&name(app));
        self.proof.other.set(None);
        let mut current = None;
        if self.asks.get_untracked() {
            current = self.proof.typed();
            if current.is_none() {
                return;
            }
        }
        if let Some(field) = bad {
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
        let says = match trouble {
            Trouble::BadPassword => text::trouble(trouble),
            Trouble::IsRecoveryKey => text::NEW_IS_RECOVERY_KEY.to_owned(),
            Trouble::SecretKey(SecretKeyTrouble::NewPassword) => text::secret_key::NEW_IS_SECRET_KEY.to_owned(),
            _ => {
                if about_current(trouble).is_some() {
                    self.asks.set(true);
                }
                return self.proof.report(trouble);
            }
        };
        self.new.error.set(Some(says));
    }
}

/// The username; empty while nobody is signed in.
pub(super) fn name(app: App) -> String {
    untrack(|| app.username()).unwrap_or_default()
}

/// What is wrong with the password or recovery key by which one proves who this is, and with anything else.
#[derive(Clone, Copy)]
pub(super) struct Proof {
    current: Value<Option<String>>,
    pub(super) other: Value<Option<String>>,
}

impl Proof {
    pub(super) fn new() -> Self {
        Self { current: Value::new(None), other: Value::new(None) }
    }

    pub(super) fn field(self, busy: Value<bool>) -> El {
        let field = Field::new(CURRENT, text::CURRENT_PASSWORD, "current-password", busy).secret();
        field.hint(text::CURRENT_HINT).error(self.current).show(|line| line)
    }

    /// What stands in the field; where that is nothing, it is said there.
    pub(super) fn typed(self) -> Option<String> {
        let typed = Some(browser::typed(CURRENT)).filter(|typed| !typed.is_empty());
        self.other.set(None);
        self.current.set(typed.is_none().then(|| text::CURRENT_EMPTY.to_owned()));
        if typed.is_none() {
            browser::focus(CURRENT);
        }
        typed
    }

    pub(super) fn report(self, trouble: &Trouble) {
        match about_current(trouble) {
            Some(says) => {
                self.current.set(Some(says));
                browser::soon(|| browser::focus(CURRENT));
            }
            None => self.other.set(Some(sentence(trouble))),
        }
    }
}

/// What is wrong with the password or recovery key itself, if that is the trouble.
pub(super) fn about_current(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::LoginFailed | Trouble::RecoveryKeyFailed => Some(text::CURRENT_WRONG.to_owned()),
        Trouble::LoginTooOld => Some(text::CURRENT_AGAIN.to_owned()),
        Trouble::BadRecoveryKey => Some(text::trouble(trouble)),
        Trouble::SecretKey(SecretKeyTrouble::Misplaced) => Some(text::secret_key::IS_SECRET_KEY.to_owned()),
        _ => None,
    }
}
