use leptos::prelude::untrack;
use signet_ask::{RecoveryStatus, ReplaceRecoveryKey, Task, TestRecoveryKey, Trouble};

use super::{
    super::change::{Proof, name},
    Form, Settings, said, section,
};
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{Field, alert, form, submit, working},
    text::{self, fill},
    value::Value,
};

pub(super) const KEY: &str = "recovery-key";
const TESTER: &str = "test-recovery-key";
const REPLACER: &str = "replace-recovery-key";

impl Settings {
    pub(super) fn recovery(self) -> El {
        let shown = Value::new(false);
        let words = Value::new(String::new());
        let label = move || if shown.get() { text::HIDE_RECOVERY } else { text::SHOW_RECOVERY };
        let toggle = el("button").set("type", "button").class("button").live_text(move || label().into());
        let toggle = toggle.live("disabled", move || flag(self.app.username().is_none() || self.busy.get()));
        let toggle = toggle.on("click", move |_| {
            words.set(String::new());
            // These two stand in what is shown or hidden; what is typed in another form stays.
            if matches!(self.open.get_untracked(), Some(Form::Test | Form::Replace)) {
                self.open.set(None);
            }
            shown.update(|shown| *shown = !*shown);
        });
        section(text::RECOVERY_SECTION)
            .child(el("p").class("hint").text(text::RECOVERY_SECTION_TEXT))
            .child(toggle)
            .part(move || shown.get().then(|| untrack(|| self.recovery_status(words))))
            .child(said(words))
    }

    fn recovery_status(self, words: Value<String>) -> El {
        self.read_account();
        let dates = move || match self.account.with(|account| account.as_ref().map(|seen| seen.recovery)) {
            Some(dates) => facts(dates),
            None => el("p").class("hint").text(text::LOADING),
        };
        let openers = div("pair").children([
            self.opener(Form::Test, TESTER, text::TEST_RECOVERY),
            self.opener(Form::Replace, REPLACER, text::REPLACE_RECOVERY),
        ]);
        div("form")
            .part(move || [dates()])
            .child(openers)
            .part(move || self.is_open(Form::Test).then(|| untrack(|| self.test(words))))
            .part(move || self.is_open(Form::Replace).then(|| untrack(|| self.replace(words))))
    }

    fn test(self, words: Value<String>) -> El {
        let (app, busy) = (self.app, self.busy);
        let error = Value::new(None::<String>);
        words.set(String::new());
        let send = move || {
            let key = browser::typed(KEY);
            error.set(key.is_empty().then(|| text::RECOVERY_KEY_EMPTY.to_owned()));
            if key.is_empty() {
                return browser::focus(KEY);
            }
            busy.set(true);
            app.progress.set(None);
            app.ask(TestRecoveryKey { key }, move |answer| {
                busy.set(false);
                match answer {
                    Ok(()) => {
                        words.set(text::RECOVERY_WORKS.to_owned());
                        self.close(TESTER);
                        self.read();
                    }
                    Err(trouble) => {
                        error.set(Some(match trouble {
                            Trouble::RecoveryKeyFailed => text::RECOVERY_WORKS_NOT.to_owned(),
                            other => text::trouble(&other),
                        }));
                        browser::focus(KEY);
                    }
                }
            });
        };
        let field = Field::new(KEY, text::RECOVERY_KEY_FIELD, "off", busy).hint(text::RECOVERY_KEY_HINT).error(error);
        form("form", busy, send)
            .child(field.show(|line| line))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::TESTING, text::TESTING_TEXT)))
            .child(submit(app, text::TEST, busy))
            .child(self.cancel(TESTER))
    }

    fn replace(self, words: Value<String>) -> El {
        let (app, busy) = (self.app, self.busy);
        let proof = Proof::new();
        words.set(String::new());
        let send = move || {
            let Some(current) = proof.typed() else { return };
            busy.set(true);
            app.progress.set(None);
            let name = name(app);
            app.ask(ReplaceRecoveryKey { current, ticket: None }, move |answer| {
                busy.set(false);
                match answer {
                    // Shown whatever page is open by now: it is shown only once.
                    Ok(key) => app.recovery.set(Some((name, key.0))),
                    Err(trouble) => proof.report(&trouble),
                }
            });
        };
        form("form", busy, send)
            .child(el("p").class("hint").text(text::REPLACE_TEXT))
            .part(move || proof.other.get().map(alert))
            .child(proof.field(busy))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::REPLACING, text::CHANGING_TEXT)))
            .child(submit(app, text::MAKE_RECOVERY, busy))
            .child(self.cancel(REPLACER))
    }
}

fn facts(dates: RecoveryStatus) -> El {
    let on = |sentence: &str, ms: u64| fill(sentence, &browser::calendar(ms));
    let saved = dates.saved_ms.map_or_else(|| text::NOT_SAVED.to_owned(), |ms| on(text::SAVED_ON, ms));
    let tested = dates.tested_ms.map_or_else(|| text::NEVER_TESTED.to_owned(), |ms| on(text::TESTED_ON, ms));
    el("ul").class("dots").children([on(text::MADE_ON, dates.made_ms), saved, tested].map(|fact| el("li").text(fact)))
}
