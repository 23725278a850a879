use leptos::prelude::*;

use super::icon;

/// What went wrong, near what it concerns. Empty and unseen while there is nothing to say.
#[component]
pub(crate) fn Alert(#[prop(into)] says: Signal<Option<String>>) -> impl IntoView {
    move || {
        says.get().map(|sentence| {
            view! { <div class="alert" role="alert">{icon::warning()}<span>{sentence}</span></div> }
        })
    }
}
