use core::time::Duration;

use leptos::prelude::{on_cleanup, set_timeout};
use signet_ask::{MessageId, ReadDraft, Reply, SaveDraft, Say, Saying, Send, Trouble};
use signet_shared::{ConvId, limits};
use wasm_bindgen::JsCast;
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use crate::{
    browser,
    el::{El, after, div, el, flag},
    part::{alert, icon, icon_button},
    state::{Answering, App},
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
    /// What stood in the field before one's own text was put there to be changed.
    before: Value<Option<String>>,
}

pub(super) fn compose(app: App, conv: ConvId) -> El {
    let (length, error) = (Value::new(0_usize), Value::new(None::<String>));
    let writing = Writing {
        app,
        conv,
        length,
        error,
        sending: Value::new(None),
        again: Value::new(false),
        before: Value::new(None),
    };
    after(move || writing.bring_back());
    after(move || writing.follow_edit());
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
            } else if key.key() == "Escape" && app.chats.answering.with_untracked(Option::is_some) {
                event.prevent_default();
                app.chats.answering.set(None);
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
        .part(move || app.chats.answering.get().map(|answering| banner(app, &answering)))
        .part(move || error.get().map(alert))
        .part(counter)
        .child(div("compose-line").children([field, send]))
}

/// What is answered or changed, above the field.
fn banner(app: App, answering: &Answering) -> El {
    let (title, cancel) = if answering.edit {
        (text::EDIT_TITLE.to_owned(), text::CANCEL_EDIT)
    } else {
        (fill(text::REPLY_TO, &answering.author), text::CANCEL_REPLY)
    };
    let what = div("quote").child(el("b").set("dir", "auto").text(title));
    let what = what.child(el("span").set("dir", "auto").text(answering.text.clone()));
    let cancel = icon_button("icon-button", cancel, icon::cross()).on("click", move |_| {
        app.chats.answering.set(None);
        browser::focus("message");
    });
    div("answering").children([what, cancel])
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
            if self.before.with_untracked(Option::is_none) {
                self.keep_soon(self.after_sending(&written));
            }
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
        let answering = app.chats.answering.get_untracked();
        if let Some(edit) = answering.as_ref().filter(|answering| answering.edit) {
            return self.change(edit.id, text);
        }
        let Some(uuid) = browser::random_uuid() else { return };
        error.set(None);
        // Kept as a draft before it is given away, so that a refusal costs nothing. The vault drops the draft when it takes
        // the message.
        app.unkept.set(Some((conv, text.clone())));
        app.keep_draft();
        self.sending.set(Some(text.clone()));
        let _ = field.focus();
        let sent = text.clone();
        let to = answering.map(|answering| answering.id);
        let done = move |answer: Result<(), Trouble>| {
            if self.sending.is_gone() {
                if answer.is_err() {
                    put_back(app, conv, sent);
                }
                return;
            }
            if answer.is_ok() && to.is_some() {
                app.chats.answering.set(None);
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
        };
        match to {
            Some(to) => app.ask(Reply { conv, uuid, text, to }, done),
            None => app.ask(Send { conv, uuid, text }, done),
        }
    }

    /// Puts another text in the place of one's own.
    fn change(self, id: MessageId, text: String) {
        let Self { app, conv, error, .. } = self;
        error.set(None);
        app.ask(Say { conv, id, saying: Saying::Edit(text) }, move |answer| match answer {
            _ if error.is_gone() => {}
            Ok(()) => app.chats.answering.set(None),
            Err(trouble) => error.set(Some(text::trouble(&trouble))),
        });
    }

    /// The text to be changed takes the place of what was being written, which comes back afterwards.
    fn follow_edit(self) {
        let editing = self.app.chats.answering.get().filter(|answering| answering.edit);
        let (Some(field), before) = (area(), self.before.get_untracked()) else { return };
        let shown = match (editing, before) {
            (Some(edit), before) => {
                self.before.set(Some(before.unwrap_or_else(|| field.value())));
                edit.text
            }
            (None, Some(before)) => {
                self.before.set(None);
                before
            }
            (None, None) => return,
        };
        field.set_value(&shown);
        self.show(&field, &shown);
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
