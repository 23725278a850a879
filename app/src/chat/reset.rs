use signet_ask::{DecideIdentity, Warning};
use signet_shared::{ConvId, IkHash};

use super::conversation::TITLE;
use crate::{
    browser,
    el::{El, div, el},
    part::{alert, button, unless},
    state::App,
    text,
    value::Value,
};

/// What stands in the way of a conversation whose other side has an identity for which the known one did not sign.
pub(super) fn reset(app: App, conv: ConvId, warning: &Warning, details: Value<bool>) -> Option<El> {
    let Warning::IdentityReset { identity, verified } = *warning else { return None };
    let (busy, error) = (Value::new(false), Value::new(None::<String>));
    let accept = if verified {
        button("button", text::RESET_COMPARE).on("click", move |_| details.set(true))
    } else {
        decide(app, conv, identity, true, busy, error)
    };
    let title = el("h3").text(text::RESET_TITLE);
    let choice = div("pair").children([accept, decide(app, conv, identity, false, busy, error)]);
    let says = el("p").text(text::warning(warning));
    let card = div("alert banner reset").set("role", "alert").children([title, says, choice]);
    Some(card.part(move || error.get().map(alert)))
}

fn decide(
    app: App,
    conv: ConvId,
    identity: IkHash,
    accept: bool,
    busy: Value<bool>,
    error: Value<Option<String>>,
) -> El {
    let label = if accept { text::RESET_ACCEPT } else { text::RESET_KEEP };
    unless(busy, button("button", label), move || {
        busy.set(true);
        app.ask(DecideIdentity { conv, identity, accept }, move |answer| {
            busy.set(false);
            // Decided, this stands here no more, and what had the focus goes with it.
            if answer.is_ok() && app.chats.open.get_untracked() == Some(conv) {
                browser::focus(TITLE);
            }
            error.set(answer.err().map(|trouble| text::trouble(&trouble)));
        });
    })
}
