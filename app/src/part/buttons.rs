use crate::{
    el::{El, el, flag},
    state::App,
    value::Value,
};

pub(crate) fn button(class: &'static str, label: &'static str) -> El {
    el("button").set("type", "button").class(class).text(label)
}

/// A button that shows only an icon.
pub(crate) fn icon_button(class: &'static str, label: &'static str, icon: El) -> El {
    el("button").set("type", "button").class(class).set("aria-label", label).set("title", label).child(icon)
}

/// The wide button at the end of a form. While the form is busy it is there but does nothing: a disabled button would lose
/// the focus, and with it a keyboard's or screen reader's place on the page.
pub(crate) fn submit(app: App, label: &'static str, busy: Value<bool>) -> El {
    el("button")
        .set("type", "submit")
        .class("button primary wide")
        .live("disabled", move || flag(!app.ready.get()))
        .live("aria-disabled", move || busy.get().then_some("true".into()))
        .text(label)
}
