use leptos::prelude::untrack;
use signet_ask::{PrepareRescue, Rescue, RescueKeys, SecretKeyTrouble, Task, Trouble};

use super::{
    super::{
        NewPassword,
        change::{Proof, about_current, name},
        recovery::shown,
    },
    Form, Settings, section,
};
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{alert, check, form, idle_while, submit, tick, working},
    text::{self, count},
    value::Value,
};

const OPENER: &str = "rescue";
const SAVED: &str = "rescue-saved";
const KEY: &str = "rescue-key";
const DONE: &str = "rescue-done";

/// How far the person has been led.
#[derive(Clone, Copy)]
struct Guide {
    page: Settings,
    proof: Proof,
    new: NewPassword,
    /// The new password and the recovery key that is to be, once both are there.
    made: Value<Option<(String, RescueKeys)>>,
    error: Value<Option<String>>,
}

impl Settings {
    pub(super) fn rescue(self) -> El {
        // So many other sessions were ended.
        let done = Value::new(None::<u32>);
        section(text::RESCUE_SECTION)
            .child(el("p").class("hint").text(text::RESCUE_TEXT))
            .child(self.opener(Form::Rescue, OPENER, text::RESCUE))
            .part(move || self.is_open(Form::Rescue).then(|| untrack(|| self.guide(done))))
            .part(move || done.get().map(what_is_left))
    }

    fn guide(self, done: Value<Option<u32>>) -> El {
        done.set(None);
        let made = Value::new(None);
        let guide = Guide { page: self, proof: Proof::new(), new: NewPassword::new(), made, error: Value::new(None) };
        div("form").part(move || match made.get() {
            None => Some(untrack(|| guide.secrets())),
            Some((new, keys)) => Some(untrack(|| guide.confirm(new, keys, done))),
        })
    }
}

impl Guide {
    /// What will happen, and the secrets of now and then.
    fn secrets(self) -> El {
        let Self { page, proof, new, .. } = self;
        let (app, busy) = (page.app, page.busy);
        let says = [text::RESCUE_SECRETS, text::RESCUE_SESSIONS, text::RESCUE_HISTORY, text::RESCUE_LIMIT]
            .map(|says| el("li").text(says));
        form("form", busy, move || self.prepare())
            .child(el("ul").class("dots").children(says))
            .part(move || proof.other.get().map(alert))
            .child(proof.field(busy))
            .children(new.fields([text::NEW_PASSWORD, text::REPEAT_NEW_PASSWORD], busy, move || name(app)))
            .part(move || busy.get().then(|| working(app, Task::Secret, text::CHANGING, text::CHANGING_TEXT)))
            .child(submit(app, text::RESCUE_BEGIN, busy))
            .child(page.cancel(OPENER))
    }

    fn prepare(self) {
        let Settings { app, busy, .. } = self.page;
        let bad = self.new.objection(&name(app));
        let Some(current) = self.proof.typed() else { return };
        if let Some(field) = bad {
            return browser::focus(field);
        }
        let new = browser::typed(NewPassword::FIELD);
        busy.set(true);
        app.progress.set(None);
        app.ask(PrepareRescue { current, new: new.clone() }, move |answer| {
            busy.set(false);
            match answer {
                Ok(keys) => {
                    self.error.set(None);
                    self.made.set(Some((new, keys)));
                    browser::soon(|| browser::focus(KEY));
                }
                Err(Trouble::BadPassword) => self.new.error.set(Some(text::trouble(&Trouble::BadPassword))),
                Err(Trouble::IsRecoveryKey) => self.new.error.set(Some(text::NEW_IS_RECOVERY_KEY.to_owned())),
                Err(Trouble::SecretKey(SecretKeyTrouble::NewPassword)) => {
                    self.new.error.set(Some(text::secret_key::NEW_IS_SECRET_KEY.to_owned()));
                }
                Err(trouble) => self.proof.report(&trouble),
            }
        });
    }

    /// The new recovery key, with the new secret key where one is in use, and the press that does it.
    fn confirm(self, new: String, keys: RescueKeys, done: Value<Option<u32>>) -> El {
        let RescueKeys { recovery, secret_key } = keys;
        let Self { page, error, .. } = self;
        let (app, busy) = (page.app, page.busy);
        let saved = Value::new(false);
        let tick = tick().on("change", move |_| saved.set(browser::is_checked(SAVED)));
        let send = move || {
            if !saved.get_untracked() {
                return browser::focus(SAVED);
            }
            error.set(None);
            busy.set(true);
            app.progress.set(None);
            app.ask(Rescue { new: new.clone() }, move |answer| {
                busy.set(false);
                match answer {
                    Ok(ended) => {
                        page.open.set(None);
                        done.set(Some(ended));
                        browser::soon(|| browser::focus(DONE));
                        page.read();
                    }
                    // Proved again, the same recovery key is shown.
                    Err(trouble) if about_current(&trouble).is_some() => {
                        self.made.set(None);
                        browser::soon(move || self.proof.report(&trouble));
                    }
                    Err(trouble) => error.set(Some(text::trouble(&trouble))),
                }
            });
        };
        let go = el("button").set("type", "submit").class("button danger wide").text(text::RESCUE_NOW);
        let go = go.live("disabled", move || flag(!saved.get()));
        let head = [
            el("h3").set("id", KEY).set("tabindex", "-1").text(text::RESCUE_KEY),
            el("p").class("lead").text(text::RESCUE_KEY_TEXT),
        ];
        let label = if secret_key.is_some() { text::secret_key::RESCUE_SAVED } else { text::SAVED_IT };
        let beside = secret_key.into_iter().flat_map(|key| {
            let head =
                [el("h3").text(text::secret_key::NEW), el("p").class("lead").text(text::secret_key::RESCUE_NEW_TEXT)];
            head.into_iter().chain(super::super::secret_key::shown(app, key))
        });
        form("form recovery", busy, send)
            .children(head)
            .children(shown(name(app), recovery.0))
            .children(beside)
            .child(check(tick, SAVED, label, None))
            .part(move || error.get().map(alert))
            .part(move || {
                busy.get().then(|| working(app, Task::Secret, text::RESCUE_WORKING, text::RESCUE_WORKING_TEXT))
            })
            .child(idle_while(busy, go))
            .child(page.cancel(OPENER))
    }
}

fn what_is_left(ended: u32) -> El {
    let mut says = text::RESCUE_DONE.to_owned();
    if ended > 0 {
        says = [&says, " ", &count(text::ENDED_ONE, text::ENDED_MANY, ended)].concat();
    }
    let left =
        [text::RESCUE_TODO_BROWSERS, text::RESCUE_TODO_PASSKEYS, text::RESCUE_TODO_BACKUP, text::RESCUE_TODO_ELSEWHERE];
    div("form").children([
        el("p").class("said").set("id", DONE).set("tabindex", "-1").set("role", "status").text(says),
        el("p").text(text::RESCUE_TODO),
        el("ul").class("dots").children(left.map(|says| el("li").text(says))),
    ])
}
