use core::time::Duration;

use leptos::prelude::{on_cleanup, set_timeout};
use signet_ask::{ReadDraft, SaveDraft, Send};
use signet_shared::{ConvId, limits};
use wasm_bindgen::JsCast;
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use crate::{
    browser,
    el::{El, after, div, el, flag},
    part::{alert, icon},
    state::App,
    text::{self, fill},
    value::Value,
};

/// From here on the number of characters left is told.
const NEAR: usize = 500;
/// How long what is typed may be nowhere but on the screen.
const DRAFT_WITHIN: Duration = Duration::from_millis(400);

/// What is being written to one conversation.
#[derive(Clone, Copy)]
struct Writing {
    app: App,
    conv: ConvId,
    length: Value<usize>,
    error: Value<Option<String>>,
    /// What the vault has been given and not yet put away. It stands in the field until then.
    sending: Value<Option<String>>,
    /// Enter was pressed meanwhile.
    again: Value<bool>,
}

pub(super) fn compose(app: App, conv: ConvId) -> El {
    let (length, error) = (Value::new(0_usize), Value::new(None::<String>));
    let writing = Writing { app, conv, length, error, sending: Value::new(None), again: Value::new(false) };
    after(move || writing.bring_back());
    on_cleanup(move || app.keep_draft());
    // Whoever leaves the page, or lets the device sleep, may not come back to it.
    after(move || {
        if !app.visible.get() {
            app.keep_draft();
        }
    });

    let too_many = move || length.get() > limits::TEXT_CHARS;
    let counter = move || {
        let length = length.get();
        let (sentence, class, n) = if length > limits::TEXT_CHARS {
            (text::TOO_MANY_CHARACTERS, "counter over", length - limits::TEXT_CHARS)
        } else {
            (text::CHARACTERS_LEFT, "counter", limits::TEXT_CHARS - length)
        };
        let counter = || el("p").class(class).set("id", "counter").text(fill(sentence, &n.to_string()));
        (length + NEAR > limits::TEXT_CHARS).then(counter)
    };
    let field = el("textarea").set("id", "message").set("rows", "1").set("dir", "auto");
    let field = field
        .set("aria-label", text::MESSAGE)
        .set("placeholder", text::MESSAGE)
        .live("aria-invalid", move || too_many().then_some("true".into()))
        .live("aria-describedby", move || too_many().then_some("counter".into()))
        .on("input", move |_| writing.changed())
        .on("keydown", move |event| {
            let key: &KeyboardEvent = event.unchecked_ref();
            if key.key() == "Enter" && !key.shift_key() && !key.is_composing() {
                event.prevent_default();
                writing.send();
            }
        });
    let send = el("button").set("type", "submit").class("send").set("aria-label", text::SEND).set("title", text::SEND);
    let send = send.child(icon::send()).live("disabled", move || flag(length.get() == 0 || too_many()));
    el("form")
        .class("compose")
        .set("method", "post")
        .set("novalidate", "")
        .on("submit", move |event| {
            event.prevent_default();
            writing.send();
        })
        .part(move || error.get().map(alert))
        .part(counter)
        .child(div("compose-line").children([field, send]))
}

fn area() -> Option<HtmlTextAreaElement> {
    browser::by_id("message")?.dyn_into().ok()
}

/// As high as its text; the style sheet sets the limit.
fn fit(field: &HtmlTextAreaElement, text: &str) {
    let rows = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
    field.set_rows(rows.min(8) as u32);
}

/// Refused after the conversation was left: what was typed after it is the draft by now, and goes below it.
fn put_back(app: App, conv: ConvId, text: String) {
    app.ask(ReadDraft { conv }, move |answer| {
        if let Ok(rest) = answer
            && !rest.starts_with(&text)
        {
            let text = if rest.is_empty() { text } else { [&text, "\n", &rest].concat() };
            app.tell(SaveDraft { conv, text });
        }
    });
}

impl Writing {
    fn changed(self) {
        if let Some(field) = area() {
            let written = field.value();
            self.show(&field, &written);
            self.keep_soon(self.after_sending(&written));
        }
    }

    fn show(self, field: &HtmlTextAreaElement, text: &str) {
        fit(field, text);
        self.length.set(text.chars().count());
    }

    /// What has been written after the part that is on its way to the vault.
    fn after_sending(self, written: &str) -> String {
        self.sending.with_untracked(|sending| {
            match sending.as_ref().and_then(|sent| written.strip_prefix(sent.as_str())) {
                Some(rest) => rest.trim_start_matches('\n').to_owned(),
                None => written.to_owned(),
            }
        })
    }

    /// The field is emptied once the vault has put the message away: a page that goes before that leaves a draft, not
    /// nothing.
    fn send(self) {
        let Self { app, conv, error, .. } = self;
        let Some(field) = area() else { return };
        if self.sending.with_untracked(Option::is_some) {
            return self.again.set(true);
        }
        let text = field.value();
        if text.trim().is_empty() || text.chars().count() > limits::TEXT_CHARS {
            return;
        }
        let Some(uuid) = browser::random_uuid() else { return };
        error.set(None);
        // Kept as a draft before it is given away, so that a refusal costs nothing. The vault drops the draft when it takes
        // the message.
        app.unkept.set(Some((conv, text.clone())));
        app.keep_draft();
        self.sending.set(Some(text.clone()));
        let _ = field.focus();
        app.ask(Send { conv, uuid, text: text.clone() }, move |answer| {
            if self.sending.is_gone() {
                if answer.is_err() {
                    put_back(app, conv, text);
                }
                return;
            }
            let written = field.value();
            let left = if answer.is_ok() { self.after_sending(&written) } else { written };
            self.sending.set(None);
            if left != field.value() {
                field.set_value(&left);
            }
            self.show(&field, &left);
            if !left.is_empty() {
                self.keep_soon(left);
            }
            let again = self.again.get_untracked();
            self.again.set(false);
            match answer {
                Ok(()) if again => self.send(),
                Ok(()) => {}
                Err(trouble) => error.set(Some(text::trouble(&trouble))),
            }
        });
    }

    fn bring_back(self) {
        let Some(field) = area() else { return };
        self.app.ask(ReadDraft { conv: self.conv }, move |answer| {
            let Ok(kept) = answer else { return };
            let still_here = self.app.chats.open.get_untracked() == Some(self.conv);
            if still_here && !kept.is_empty() && field.value().is_empty() {
                field.set_value(&kept);
                self.show(&field, &kept);
            }
        });
    }

    fn keep_soon(self, text: String) {
        let app = self.app;
        // A timer that runs already keeps the newest.
        let runs = app.unkept.with_untracked(Option::is_some);
        app.unkept.set(Some((self.conv, text)));
        if !runs {
            set_timeout(move || app.keep_draft(), DRAFT_WITHIN);
        }
    }
}
