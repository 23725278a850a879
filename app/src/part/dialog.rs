use leptos::{html, prelude::*};

use super::icon;
use crate::text;

/// A modal dialog: the browser keeps the focus inside, Esc closes it, and the focus returns to where it was.
#[component]
pub(crate) fn Dialog(open: RwSignal<bool>, title: &'static str, id: &'static str, children: Children) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let (wanted, Some(dialog)) = (open.get(), dialog.get()) else { return };
        if wanted && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let heading = [id, "-title"].concat();
    let labelled_by = heading.clone();
    view! {
        <dialog class="dialog" node_ref=dialog aria-labelledby=labelled_by on:close=move |_| open.set(false)>
            <header class="dialog-head">
                <h2 id=heading>{title}</h2>
                <button type="button" class="icon-button" aria-label=text::CLOSE on:click=move |_| open.set(false)>{icon::cross()}</button>
            </header>
            {children()}
        </dialog>
    }
}
