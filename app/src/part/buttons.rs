use crate::el::{El, el, flag};

pub(crate) fn button(class: &'static str, label: &'static str) -> El {
    el("button").set("type", "button").class(class).text(label)
}

/// A button that shows only an icon.
pub(crate) fn icon_button(class: &'static str, label: &'static str, icon: El) -> El {
    el("button").set("type", "button").class(class).set("aria-label", label).set("title", label).child(icon)
}

/// The wide button at the end of a form.
pub(crate) fn submit(label: &'static str, disabled: impl Fn() -> bool + Send + 'static) -> El {
    let button = el("button").set("type", "submit").class("button primary wide");
    button.live("disabled", move || flag(disabled())).text(label)
}
