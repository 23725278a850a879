//! The pages outside the conversations.

mod change;
#[cfg(feature = "ssr")]
mod home;
mod new_password;
#[cfg(feature = "ssr")]
mod privacy;
mod recover;
mod recovery;
mod settings;
mod sign_in;
mod sign_up;

#[cfg(feature = "ssr")]
pub(crate) use home::home;
use new_password::NewPassword;
#[cfg(feature = "ssr")]
pub(crate) use privacy::privacy;
pub(crate) use recover::recover;
pub(crate) use recovery::recovery;
pub(crate) use settings::settings;
pub(crate) use sign_in::sign_in;
pub(crate) use sign_up::sign_up;

use crate::{
    el::{El, div, el, flag},
    text,
    value::Value,
};

/// The box to stay signed in, of both forms that sign in.
fn stay(busy: Value<bool>) -> El {
    let tick = el("input").set("type", "checkbox").set("id", "stay").set("aria-describedby", "stay-hint");
    let words = el("div")
        .child(el("label").set("for", "stay").text(text::STAY))
        .child(el("p").class("hint").set("id", "stay-hint").text(text::STAY_HINT));
    div("check").child(tick.live("disabled", move || flag(busy.get()))).child(words)
}

/// The way to the other form.
fn aside(question: &'static str, link: El) -> El {
    el("p").class("aside").text(question).text(" ").child(link)
}
