use leptos::task::spawn_local;
use signet_ask::{Details, MarkVerified, ReadDetails, Trouble, Verified};
use signet_shared::ConvId;

use super::code::Comparing;
use crate::{
    browser,
    el::{El, after, div, el},
    lazy,
    part::{alert, button, dialog},
    state::App,
    text::{self, fill},
    value::Value,
};

const MARK: &str = "mark-verified";

#[derive(Clone, Copy)]
struct Shown {
    app: App,
    conv: ConvId,
    open: Value<bool>,
    read: Value<Option<Details>>,
    /// Apart from the rest, so that the button stays as it is when it changes.
    verified: Value<Verified>,
    error: Value<Option<String>>,
    /// Whether the code for a camera can be shown; not known while what draws it is being fetched.
    drawn: Value<Option<bool>>,
}

/// The other person's identity, to be compared.
pub(crate) fn details(app: App, conv: ConvId, open: Value<bool>) -> El {
    let (read, verified, error) = (Value::new(None), Value::new(Verified::No), Value::new(None));
    let shown = Shown { app, conv, open, read, verified, error, drawn: Value::new(None) };
    after(move || {
        if open.get() {
            // What was read when it was open before may be out of date: nobody compares with that.
            read.set(None);
            error.set(None);
            shown.read();
            shown.fetch();
        }
    });
    let content = move || match read.get() {
        Some(details) => shown.content(details),
        None if error.with(Option::is_none) => vec![el("p").class("hint").text(text::DETAILS_LOADING)],
        None => Vec::new(),
    };
    dialog(open, text::SAFETY_NUMBER, "details", |dialog| dialog.part(move || error.get().map(alert)).part(content))
}

impl Shown {
    fn read(self) {
        self.app.ask(ReadDetails { conv: self.conv }, move |answer| match answer {
            Ok(details) => {
                self.verified.set(details.verified);
                let is_same = |seen: &Option<Details>| {
                    let what = |of: &Details| (of.safety_number.clone(), of.code.clone());
                    seen.as_ref().is_some_and(|seen| what(seen) == what(&details))
                };
                if !self.read.is_gone() && !self.read.with_untracked(is_same) {
                    self.read.set(Some(details));
                }
            }
            Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
        });
    }

    fn content(self, details: Details) -> Vec<El> {
        let verified = self.verified;
        let Shown { app, conv, open, drawn, .. } = self;
        let (number, code) = (details.safety_number.clone(), details.code);
        let comparing = Comparing { app, conv, open, verified, mark: MARK };
        let is_yes = move || matches!(verified.get(), Verified::Yes { .. });
        let label = move || if is_yes() { text::REMOVE_VERIFIED } else { text::MARK_VERIFIED };
        let says = move || match verified.get() {
            Verified::No => text::NOT_VERIFIED.into(),
            Verified::Yes { at_ms } => fill(text::VERIFIED_ON, &browser::calendar(at_ms)).into(),
            Verified::Before { at_ms } => fill(text::VERIFIED_BEFORE, &browser::calendar(at_ms)).into(),
        };
        let mark = el("button").set("type", "button").class("button").set("id", MARK).live_text(move || label().into());
        vec![
            el("p").text(fill(text::SAFETY_TEXT, &details.username)),
            el("p").class("safety").set("data-testid", "safety-number").set("dir", "ltr").text(details.safety_number),
            el("p").set("role", "status").live_text(says),
            mark.on("click", move |_| {
                let yes = verified.with_untracked(|now| matches!(now, Verified::Yes { .. }));
                self.mark(number.clone(), !yes);
            }),
            div("code-place").part(move || match drawn.get() {
                Some(true) => lazy::code(comparing, &code).or_else(|| Some(self.not_fetched())),
                Some(false) => Some(self.not_fetched()),
                None => Some(el("p").class("hint").text(text::LOADING)),
            }),
        ]
    }

    fn fetch(self) {
        if self.drawn.get_untracked() == Some(true) {
            return;
        }
        self.drawn.set(None);
        spawn_local(async move {
            let fetched = lazy::fetch_code().await;
            if !self.drawn.is_gone() {
                self.drawn.set(Some(fetched));
            }
        });
    }

    fn not_fetched(self) -> El {
        let again = button("button", text::RETRY).on("click", move |_| self.fetch());
        div("code").child(alert(text::NOT_FETCHED.to_owned())).child(again)
    }

    /// Says so of the number that was shown, and of no other.
    fn mark(self, safety_number: String, verified: bool) {
        self.error.set(None);
        self.app.ask(MarkVerified { conv: self.conv, safety_number, verified }, move |answer| {
            if let Err(trouble) = &answer {
                self.error.set(Some(text::trouble(trouble)));
            }
            if matches!(answer, Ok(()) | Err(Trouble::NotAsRead)) {
                self.read();
            }
        });
    }
}
