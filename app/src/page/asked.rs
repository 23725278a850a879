use signet_ask::{AnewNotice, RefuseAnew};

use crate::{
    browser,
    el::{El, div, el},
    part::{alert, button, unless},
    state::App,
    text::{self, anew as says},
    value::Value,
};

/// Above everything, while somebody asks to start this account anew.
pub(crate) fn asked(app: App, notice: AnewNotice) -> El {
    let (busy, error) = (Value::new(false), Value::new(None::<String>));
    let refuse = unless(busy, button("button danger", says::REFUSE), move || {
        busy.set(true);
        app.ask(RefuseAnew { id: notice.id }, move |answer| {
            // Done, this stands here no more.
            if let (Err(trouble), false) = (answer, busy.is_gone()) {
                busy.set(false);
                error.set(Some(text::trouble(&trouble)));
            }
        });
    });
    let words = el("p").text(says::ASKED).child(el("strong").text(browser::moment(notice.due_ms))).text(".");
    let card = div("alert banner reset").set("role", "alert");
    card.children([el("h3").text(says::ASKED_TITLE), words, refuse]).part(move || error.get().map(alert))
}
