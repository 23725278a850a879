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

/// A button that is there but does nothing while `busy`: a disabled one would lose the focus, and with it a keyboard's or
/// screen reader's place on the page. Whatever hears it has to look for itself.
pub(crate) fn idle_while(busy: Value<bool>, button: El) -> El {
    button.live("aria-disabled", move || busy.get().then_some("true".into()))
}

/// The same, with what a click does otherwise.
pub(crate) fn unless(busy: Value<bool>, button: El, then: impl Fn() + Send + 'static) -> El {
    idle_while(busy, button).on("click", move |_| {
        if !busy.get_untracked() {
            then();
        }
    })
}

/// The wide button at the end of a form, which does not send itself while it is busy.
pub(crate) fn submit(app: App, label: &'static str, busy: Value<bool>) -> El {
    let button = el("button").set("type", "submit").class("button primary wide").text(label);
    idle_while(busy, button.live("disabled", move || flag(!app.ready.get())))
}
