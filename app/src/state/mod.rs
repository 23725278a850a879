//! What the page knows, as signals fed by the vault's events.

mod chats;
#[cfg(feature = "browser")]
mod events;

pub(crate) use chats::{Answering, Chat, Chats, Row, Said};

use leptos::prelude::*;
use signet_ask::{AnewNotice, Ask, Connection, Progress, Question, Status, Task, Trouble};
use signet_shared::ConvId;

use crate::{Route, browser, value::Value};

type Then = Box<dyn FnOnce(Result<Vec<u8>, Trouble>)>;

/// Copied freely: signals are handles.
#[derive(Clone, Copy)]
pub(crate) struct App {
    /// Of the address.
    pub(crate) route: Value<Route>,
    /// The page whose code is here: the one before, until that of the address is.
    pub(crate) page: Value<Route>,
    /// Where to go after sign-in.
    pub(crate) wanted: Value<Option<Route>>,
    /// The page stands in the place of its fixed HTML; buttons work from here on.
    pub(crate) ready: Value<bool>,
    pub(crate) visible: Value<bool>,
    /// `None` until the vault has said.
    pub(crate) status: Value<Option<Status>>,
    pub(crate) connection: Value<Option<Connection>>,
    pub(crate) progress: Value<Option<Progress>>,
    /// Username and recovery key of an account just made. Nothing else is shown until it is said to be saved: no address,
    /// link or step back may lose what is shown only once.
    pub(crate) recovery: Value<Option<(String, String)>>,
    /// What is being written and not yet kept by the vault.
    pub(crate) unkept: Value<Option<(ConvId, String)>>,
    /// Why the vault could not start, or why the session ended.
    pub(crate) trouble: Value<Option<Trouble>>,
    /// Somebody asks to start this account anew.
    pub(crate) anew: Value<Option<AnewNotice>>,
    pub(crate) chats: Chats,
    #[cfg(feature = "browser")]
    vault: StoredValue<Option<crate::vault::Vault>, LocalStorage>,
}

impl App {
    pub(crate) fn new(first: Route) -> Self {
        Self {
            route: Value::new(first),
            page: Value::new(first),
            wanted: Value::new(None),
            ready: Value::new(false),
            visible: Value::new(true),
            status: Value::new(None),
            connection: Value::new(None),
            progress: Value::new(None),
            recovery: Value::new(None),
            unkept: Value::new(None),
            trouble: Value::new(None),
            anew: Value::new(None),
            chats: Chats::new(),
            #[cfg(feature = "browser")]
            vault: StoredValue::new_local(None),
        }
    }

    /// The one of this page; every component is below [`crate::app::app`], which provides it.
    pub(crate) fn here() -> Self {
        use_context().unwrap_or_else(|| Self::new(Route::Home))
    }

    pub(crate) fn username(self) -> Option<String> {
        match self.status.get() {
            Some(Status::SignedIn { username, .. }) => Some(username),
            _ => None,
        }
    }

    pub(crate) fn is_signed_in(self) -> bool {
        self.status.with_untracked(|status| matches!(status, Some(Status::SignedIn { .. })))
    }

    pub(crate) fn trouble_text(self) -> Option<String> {
        self.trouble.with(|trouble| trouble.as_ref().map(crate::text::trouble))
    }

    pub(crate) fn progress_of(self, task: Task) -> Option<Progress> {
        self.progress.get().filter(|progress| progress.task == task)
    }

    /// Asks, and goes on with the answer. Of a future for each question the compiler would make a machine for each.
    pub(crate) fn ask<A: Ask + 'static>(self, question: A, then: impl FnOnce(Result<A::Answer, Trouble>) + 'static) {
        let read = move |answer: Result<Vec<u8>, Trouble>| {
            let fault = || Err(Trouble::Fault { code: "answer".into() });
            then(answer.and_then(|bytes| signet_ask::decode(&bytes).unwrap_or_else(fault)));
        };
        self.post(question.into(), Box::new(read));
    }

    /// Asks where only the doing matters.
    pub(crate) fn tell(self, question: impl Into<Question>) {
        self.post(question.into(), Box::new(drop));
    }

    #[cfg(feature = "browser")]
    fn post(self, question: Question, then: Then) {
        leptos::task::spawn_local(async move {
            then(match self.vault.get_value() {
                Some(vault) => vault.ask(question).await,
                None => Err(Trouble::Fault { code: "not connected".into() }),
            });
        });
    }

    /// At build time nobody answers.
    #[cfg(not(feature = "browser"))]
    fn post(self, _: Question, _: Then) {}

    /// Has the vault keep under seal what is being written.
    pub(crate) fn keep_draft(self) {
        let mut unkept = None;
        self.unkept.update(|draft| unkept = draft.take());
        if let Some((conv, text)) = unkept {
            self.tell(signet_ask::SaveDraft { conv, text });
        }
    }

    #[cfg(not(feature = "browser"))]
    pub(crate) fn connect(self) {}

    /// `failed` says so where the button is.
    pub(crate) fn lock(self, failed: impl FnOnce(Trouble) + 'static) {
        // What was typed a moment ago is kept too, under seal.
        self.keep_draft();
        self.ask(signet_ask::Lock {}, move |answer| {
            if let Err(trouble) = answer {
                failed(trouble);
            }
        });
    }

    /// Tells the vault, now and then, that somebody is here.
    pub(crate) fn watch_use(self) {
        const BETWEEN_MS: u64 = 20_000;
        let told = core::cell::Cell::new(0);
        browser::on_use(move || {
            let now = browser::now();
            if now.saturating_sub(told.get()) >= BETWEEN_MS && self.is_signed_in() {
                told.set(now);
                self.tell(signet_ask::Used {});
            }
        });
    }

    pub(crate) fn set_status(self, status: Status) {
        if self.status.get_untracked().as_ref() == Some(&status) {
            return;
        }
        let signed_in = matches!(status, Status::SignedIn { .. });
        if signed_in {
            self.trouble.set(None);
            self.load_conversations();
        } else {
            let left = matches!(self.status.get_untracked(), Some(Status::SignedIn { .. }));
            self.chats.forget(left);
            self.anew.set(None);
        }
        self.status.set(Some(status));
    }

    fn load_conversations(self) {
        self.ask(signet_ask::Conversations {}, move |answer| match answer {
            Ok(list) => self.chats.merge_list(list),
            Err(trouble) => self.trouble.set(Some(trouble)),
        });
    }
}

/// Whole steps of a hundred: formatting fractions would cost the page ten kilobytes.
pub(crate) fn percent(progress: Progress) -> u32 {
    (progress.done.clamp(0.0, 1.0) * 100.0) as u32
}
