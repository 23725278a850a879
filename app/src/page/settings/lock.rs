use signet_ask::{LockWhen, ReadLock, SetLock};

use super::{said, section};
use crate::{
    browser,
    el::{El, after, div, el, flag},
    part::{alert, button, check, tick},
    state::App,
    text,
    value::Value,
};

const UNUSED: &str = "lock-unused";
const NO_TAB: &str = "lock-no-tab";

/// When this browser locks by itself.
pub(super) fn lock(app: App) -> El {
    let (words, error) = (Value::new(String::new()), Value::new(None::<String>));
    let failed = move |trouble| error.set(Some(text::trouble(&trouble)));
    // Until what holds stands here, nothing can be chosen: both choices are saved together.
    let known = Value::new(false);
    let read = move || {
        app.ask(ReadLock {}, move |answer| {
            known.set(answer.is_ok());
            match answer {
                Ok(when) => show(when),
                Err(trouble) => failed(trouble),
            }
        });
    };
    after(move || {
        if app.username().is_some() {
            read();
        }
    });
    let save = move || {
        words.set(String::new());
        error.set(None);
        app.ask(SetLock { when: chosen() }, move |answer| match answer {
            Ok(()) => words.set(text::LOCK_SET.to_owned()),
            Err(trouble) => {
                failed(trouble);
                read();
            }
        });
    };
    let nobody = move || app.username().is_none();
    let disabled = move || flag(nobody() || !known.get());
    let choices = [
        ("0", text::LOCK_NEVER),
        ("5", text::LOCK_5),
        ("15", text::LOCK_15),
        ("60", text::LOCK_60),
        ("480", text::LOCK_480),
    ];
    let choice = el("select").set("id", UNUSED);
    let choice = choice.children(choices.map(|(minutes, name)| el("option").set("value", minutes).text(name)));
    let choice = choice.live("disabled", disabled).on("change", move |_| save());
    let tick = tick().live("disabled", disabled).on("change", move |_| save());
    let lock = button("button", text::LOCK_NOW).live("disabled", move || flag(nobody())).on("click", move |_| {
        error.set(None);
        app.lock(failed);
    });
    section(text::LOCK)
        .child(el("p").class("hint").text(text::LOCK_TEXT))
        .part(move || error.get().map(alert))
        .child(div("field").child(el("label").set("for", UNUSED).text(text::LOCK_UNUSED)).child(choice))
        .child(check(tick, NO_TAB, text::LOCK_NO_TAB, None))
        .child(lock)
        .child(said(words))
}

fn show(when: LockWhen) {
    if let (Some(choice), Some(tick)) = (browser::select(UNUSED), browser::input(NO_TAB)) {
        choice.set_value(&when.unused_min.to_string());
        tick.set_checked(when.no_tab);
    }
}

fn chosen() -> LockWhen {
    let minutes = browser::select(UNUSED).and_then(|choice| choice.value().parse().ok());
    LockWhen { unused_min: minutes.unwrap_or_default(), no_tab: browser::is_checked(NO_TAB) }
}
