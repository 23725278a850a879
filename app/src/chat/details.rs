use signet_ask::{Details, MarkVerified, ReadDetails, Trouble, Verified};
use signet_shared::ConvId;

use crate::{
    browser,
    el::{El, after, el},
    part::{alert, dialog},
    state::App,
    text::{self, fill},
    value::Value,
};

#[derive(Clone, Copy)]
struct Shown {
    app: App,
    conv: ConvId,
    read: Value<Option<Details>>,
    /// Apart from the rest, so that the button stays as it is when it changes.
    verified: Value<Verified>,
    error: Value<Option<String>>,
}

/// The other person's identity, to be compared.
pub(super) fn details(app: App, conv: ConvId, open: Value<bool>) -> El {
    let (read, verified, error) = (Value::new(None), Value::new(Verified::No), Value::new(None));
    let shown = Shown { app, conv, read, verified, error };
    after(move || {
        if open.get() {
            error.set(None);
            shown.read();
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
                    seen.as_ref().is_some_and(|seen| seen.safety_number == details.safety_number)
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
        let number = details.safety_number.clone();
        let is_yes = move || matches!(verified.get(), Verified::Yes { .. });
        let label = move || if is_yes() { text::REMOVE_VERIFIED } else { text::MARK_VERIFIED };
        let says = move || match verified.get() {
            Verified::No => text::NOT_VERIFIED.into(),
            Verified::Yes { at_ms } => fill(text::VERIFIED_ON, &browser::calendar(at_ms)).into(),
            Verified::Before { at_ms } => fill(text::VERIFIED_BEFORE, &browser::calendar(at_ms)).into(),
        };
        let mark = el("button").set("type", "button").class("button").live_text(move || label().into());
        vec![
            el("p").text(fill(text::SAFETY_TEXT, &details.username)),
            el("p").class("safety").set("data-testid", "safety-number").set("dir", "ltr").text(details.safety_number),
            el("p").set("role", "status").live_text(says),
            mark.on("click", move |_| {
                let yes = verified.with_untracked(|now| matches!(now, Verified::Yes { .. }));
                self.mark(number.clone(), !yes);
            }),
        ]
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
