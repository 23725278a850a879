use leptos::task::spawn_local;
use signet_ask::{Details, ReadDetails};
use signet_shared::ConvId;

use crate::{
    el::{El, after, el},
    part::{alert, dialog},
    state::App,
    text::{self, fill},
    value::Value,
};

/// The other person's identity, to be compared.
pub(super) fn details(app: App, conv: ConvId, open: Value<bool>) -> El {
    let read = Value::new(None::<Details>);
    let error = Value::new(None::<String>);
    after(move || {
        if !open.get() {
            return;
        }
        error.set(None);
        spawn_local(async move {
            match app.ask(ReadDetails { conv }).await {
                Ok(details) => read.set(Some(details)),
                Err(trouble) => error.set(Some(text::trouble(&trouble))),
            }
        });
    });
    let content = move || match read.get() {
        Some(details) => vec![
            el("p").text(fill(text::SAFETY_TEXT, &details.username)),
            el("p").class("safety").set("data-testid", "safety-number").set("dir", "ltr").text(details.safety_number),
        ],
        None if error.with(Option::is_none) => vec![el("p").class("hint").text(text::DETAILS_LOADING)],
        None => Vec::new(),
    };
    dialog(open, text::SAFETY_NUMBER, "details", |dialog| dialog.part(move || error.get().map(alert)).part(content))
}
