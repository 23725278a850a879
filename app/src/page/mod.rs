//! The pages outside the conversations.

mod anew;
mod asked;
mod backup_file;
mod change;
#[cfg(feature = "ssr")]
mod home;
mod new_password;
mod open;
#[cfg(feature = "ssr")]
mod privacy;
mod recover;
mod recovery;
mod run;
mod secret_key;
mod settings;
mod sign_in;
mod sign_up;

pub(crate) use asked::asked;
#[cfg(feature = "ssr")]
pub(crate) use home::home;
use new_password::NewPassword;
pub(crate) use open::open;
#[cfg(feature = "ssr")]
pub(crate) use privacy::privacy;
pub(crate) use recover::recover;
pub(crate) use recovery::recovery;
pub(crate) use secret_key::step as secret_key_step;
pub(crate) use settings::settings;
pub(crate) use sign_in::sign_in;
pub(crate) use sign_up::sign_up;

use signet_ask::SignOut;

use crate::{
    el::{El, el, flag},
    part::{button, check, tick},
    state::App,
    text,
    value::Value,
};

/// The box to stay signed in, of both forms that sign in.
fn stay(busy: Value<bool>) -> El {
    let tick = tick().live("disabled", move || flag(busy.get()));
    check(tick, "stay", text::STAY, Some(text::STAY_HINT))
}

/// Beside the sentence that another account's messages may be here alone: the press that loses them, and goes on.
fn lose_others(
    app: App,
    error: Value<Option<String>>,
    others: Value<bool>,
    go_on: impl Fn() + Copy + Send + 'static,
) -> El {
    button("button danger", text::LOSE_AND_GO_ON).on("click", move |_| {
        others.set(false);
        app.ask(SignOut { anyway: true }, move |answer| match answer {
            Ok(()) => go_on(),
            Err(trouble) => error.set(Some(text::trouble(&trouble))),
        });
    })
}

/// The way to the other form.
fn aside(question: &'static str, link: El) -> El {
    el("p").class("aside").text(question).text(" ").child(link)
}
