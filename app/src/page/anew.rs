//! Whoever has neither password nor recovery key: asking by the operator's code, the wait, and the new identity.

use core::time::Duration;

use leptos::prelude::{set_timeout, untrack};
use signet_ask::{AnewStand, AnewView, AskAnew, BeginAnew, CancelSignUp, DropAnew, LookAnew, Task, Trouble};

use super::NewPassword;
use crate::{
    browser,
    el::{El, div, el, flag},
    part::{Field, alert, button, form, progress, submit},
    state::App,
    text::{self, anew as says, fill},
    value::Value,
};

/// Beyond this a browser's timer would run out at once.
const LONGEST_MS: u64 = 1 << 30;

#[derive(Clone, Copy)]
pub(super) struct Anew {
    app: App,
    /// Whoever has neither is asked for a code.
    pub(super) wanted: Value<bool>,
    /// What this browser has asked for.
    pub(super) view: Value<Option<AnewView>>,
    /// A new identity is being made. Nothing that is shown hangs on it, for it outlives what is shown.
    pub(super) at_work: Value<bool>,
    error: Value<Option<String>>,
}

impl Anew {
    pub(super) fn new(app: App) -> Self {
        let (wanted, view) = (Value::new(false), Value::new(None));
        Self { app, wanted, view, at_work: Value::new(false), error: Value::new(None) }
    }

    /// Asks how it stands, and again when the wait should be over.
    pub(super) fn look(self) {
        self.app.ask(LookAnew {}, move |answer| match answer {
            _ if self.view.is_gone() => {}
            Ok(view) => self.show(view),
            Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
        });
    }

    /// As [`Self::look`], with what to do where this browser has not asked.
    pub(super) fn look_or(self, otherwise: impl FnOnce() + 'static) {
        self.app.ask(LookAnew {}, move |answer| match answer {
            _ if self.view.is_gone() => {}
            Ok(Some(view)) => self.show(Some(view)),
            _ => otherwise(),
        });
    }

    fn show(self, view: Option<AnewView>) {
        self.error.set(None);
        if let Some(AnewStand::Waiting { due_ms }) = view.as_ref().map(|view| view.stand) {
            let left = due_ms.saturating_sub(browser::now()).saturating_add(500).min(LONGEST_MS);
            set_timeout(
                move || {
                    if !self.view.is_gone() {
                        self.look();
                    }
                },
                Duration::from_millis(left),
            );
        }
        if self.view.with_untracked(|before| *before != view) {
            self.view.set(view);
            browser::soon(browser::focus_heading);
        }
    }

    /// The page in the place of the form that signs in, if there is one.
    pub(super) fn page(self) -> Option<El> {
        match self.view.get() {
            Some(view) => Some(untrack(|| self.stands(&view))),
            None => self.wanted.get().then(|| untrack(|| self.asks())),
        }
    }

    /// The way to it, below the form that signs in.
    pub(super) fn aside(self) -> El {
        let way = button("button small", says::I_HAVE_NEITHER).on("click", move |_| {
            self.wanted.set(true);
            browser::soon(browser::focus_heading);
        });
        // The fixed page shows it too, and does nothing yet.
        let way = way.live("disabled", move || flag(!self.app.ready.get()));
        super::aside(says::HAVE_NEITHER, way)
    }

    fn asks(self) -> El {
        let app = self.app;
        let (busy, name, code, error) = (Value::new(false), Value::new(None), Value::new(None), Value::new(None));
        let send = move || {
            let (username, typed) = (browser::typed("username").trim().to_owned(), browser::typed("code"));
            name.set(username.is_empty().then(|| text::USERNAME_EMPTY.to_owned()));
            code.set(typed.trim().is_empty().then(|| says::CODE_EMPTY.to_owned()));
            error.set(None);
            if username.is_empty() || typed.trim().is_empty() {
                return browser::focus(if username.is_empty() { "username" } else { "code" });
            }
            busy.set(true);
            app.ask(AskAnew { username, code: typed }, move |answer| {
                let trouble = match answer {
                    // This form goes with it.
                    Ok(view) => return self.show(Some(view)),
                    Err(trouble) => trouble,
                };
                busy.set(false);
                let beside = match trouble {
                    Trouble::BadUsername => name,
                    Trouble::BadCode | Trouble::CodeFailed => code,
                    _ => error,
                };
                beside.set(Some(text::trouble(&trouble)));
            });
        };
        let facts = [says::CODE_FIRST, says::THEN_WAIT, says::THEN_NEW, says::PEOPLE, says::OLD_STAY];
        let back = button("button wide", says::BACK).live("disabled", move || flag(busy.get()));
        form("card form", busy, send)
            .child(el("h1").set("tabindex", "-1").text(says::START_ANEW))
            .child(el("p").class("lead").text(says::LEAD))
            .child(el("ul").class("dots").children(facts.map(|says| el("li").text(says))))
            .part(move || error.get().map(alert))
            .child(Field::new("username", text::USERNAME, "username", busy).error(name).show(|line| line))
            .child(Field::new("code", says::CODE, "off", busy).hint(says::CODE_HINT).error(code).show(|line| line))
            .child(submit(app, says::ASK, busy))
            .child(back.on("click", move |_| self.wanted.set(false)))
    }

    fn stands(self, view: &AnewView) -> El {
        let name = view.username.as_str();
        let lead = |sentence: &'static str| el("p").class("lead").text(fill(sentence, name));
        let hint = |sentence: &'static str| el("p").class("hint").text(sentence);
        let card = match view.stand {
            AnewStand::Ready => return self.begins(view.username.clone()),
            AnewStand::Waiting { due_ms } => {
                let again = button("button primary wide", says::LOOK_AGAIN).on("click", move |_| self.look());
                let lead = lead(says::WAITING).child(el("strong").text(browser::moment(due_ms))).text(".");
                self.card().children([lead, hint(says::WAITING_HERE), again, self.forget(says::FORGET)])
            }
            AnewStand::Refused => {
                self.card().children([lead(says::REFUSED), hint(says::REFUSED_TEXT), self.forget(says::UNDERSTOOD)])
            }
            AnewStand::Done => self.card().children([lead(says::DONE), self.forget(says::UNDERSTOOD)]),
            AnewStand::Gone => self.card().children([lead(says::GONE), self.forget(says::UNDERSTOOD)]),
        };
        card.part(move || self.error.get().map(alert))
    }

    fn card(self) -> El {
        el("section").class("card form").child(el("h1").set("tabindex", "-1").text(says::START_ANEW))
    }

    fn forget(self, label: &'static str) -> El {
        button("button wide", label).on("click", move |_| {
            self.app.ask(DropAnew {}, move |answer| match answer {
                Ok(()) => {
                    self.wanted.set(false);
                    self.show(None);
                }
                Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
            });
        })
    }

    fn begins(self, username: String) -> El {
        let app = self.app;
        let (busy, error, password) = (Value::new(false), Value::new(None), NewPassword::new());
        // The error is that messages left here would be lost.
        let unsent = Value::new(false);
        let (whose, lead) = (username.clone(), fill(says::READY, &username));
        let send = move |anyway| {
            error.set(None);
            unsent.set(false);
            if let Some(field) = password.objection(&username) {
                return browser::focus(field);
            }
            let (username, typed) = (username.clone(), browser::typed(NewPassword::FIELD));
            let stay = browser::is_checked("stay");
            busy.set(true);
            self.at_work.set(true);
            app.progress.set(None);
            app.ask(BeginAnew { password: typed, stay, anyway, ticket: None }, move |answer| {
                if !self.at_work.is_gone() {
                    self.at_work.set(false);
                }
                match answer {
                    // This form goes with it.
                    Ok(key) => app.recovery.set(Some((username, key.0))),
                    Err(_) if busy.is_gone() => {}
                    Err(trouble) => {
                        busy.set(false);
                        let beside = if trouble == Trouble::BadPassword { password.error } else { error };
                        beside.set(Some(text::trouble(&trouble)));
                        unsent.set(matches!(trouble, Trouble::OthersUnsent { .. }));
                        if matches!(trouble, Trouble::AnewRefused | Trouble::AnewGone | Trouble::TooEarly) {
                            self.look();
                        }
                    }
                }
            });
        };
        // Tells a password manager whose password this is.
        let name = el("input").set("type", "text").set("name", "username").set("autocomplete", "username");
        let name = name.set("hidden", "").set("value", whose.clone());
        let lose = {
            let send = send.clone();
            move || {
                button("button danger", text::LOSE_AND_GO_ON).on("click", {
                    let send = send.clone();
                    move |_| send(true)
                })
            }
        };
        form("card form", busy, move || send(false))
            .child(el("h1").set("tabindex", "-1").text(says::START_ANEW))
            .child(el("p").class("lead").text(lead))
            .child(el("p").class("hint").text(says::READY_TEXT))
            .part(move || error.get().map(alert))
            .part(move || unsent.get().then(&lose))
            .child(name)
            .children(password.fields([text::PASSWORD, text::REPEAT_PASSWORD], busy, move || whose.clone()))
            .child(super::stay(busy))
            .part(move || busy.get().then(|| working(app)))
            .child(submit(app, says::START_ANEW, busy))
    }
}

fn working(app: App) -> El {
    let done = move || app.progress_of(Task::SignUp).is_some_and(|now| now.done >= 0.95);
    let cancel = button("button small", text::CANCEL).on("click", move |_| app.tell(CancelSignUp {}));
    let head = div("working-head").child(el("span").set("aria-hidden", "true").text(text::CREATING_KEYS));
    div("working").children([
        head.child(cancel.live("disabled", move || flag(done()))),
        progress(app, Task::SignUp, text::CREATING_KEYS, Some(0)),
        el("p").class("hint").text(text::CREATING_TEXT),
    ])
}
