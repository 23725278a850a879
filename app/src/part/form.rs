use crate::{
    el::{El, el},
    value::Value,
};

/// A form that the browser never sends by itself. While it is busy, sending it does nothing.
pub(crate) fn form(class: &'static str, busy: Value<bool>, send: impl Fn() + Send + 'static) -> El {
    let form = el("form").class(class).set("method", "post").set("novalidate", "");
    form.live("aria-busy", move || Some(busy.get().to_string().into())).on("submit", move |event| {
        event.prevent_default();
        if !busy.get_untracked() {
            send();
        }
    })
}
