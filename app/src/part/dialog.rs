use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::icon;
use crate::{
    browser,
    el::{El, after, el},
    text,
    value::Value,
};

/// A modal dialog: the browser keeps the focus inside, Esc closes it, and the focus returns to where it was.
pub(crate) fn dialog(open: Value<bool>, title: &'static str, id: &'static str, fill: impl FnOnce(El) -> El) -> El {
    after(move || {
        let wanted = open.get();
        let Some(dialog) = browser::by_id(id).and_then(|found| found.dyn_into::<HtmlDialogElement>().ok()) else {
            return;
        };
        if wanted && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let title_id = [id, "-title"].concat();
    let close = el("button").set("type", "button").class("icon-button").set("aria-label", text::CLOSE);
    let head = el("header")
        .class("dialog-head")
        .child(el("h2").set("id", title_id.clone()).text(title))
        .child(close.on("click", move |_| open.set(false)).child(icon::cross()));
    let dialog = el("dialog").class("dialog").set("id", id).set("aria-labelledby", title_id);
    fill(dialog.on("close", move |_| open.set(false)).child(head))
}
