use leptos::{html, prelude::*};

use super::Alert;

/// A labelled line of input with its hint and its error.
#[component]
pub(crate) fn Field(
    id: &'static str,
    label: &'static str,
    node: NodeRef<html::Input>,
    #[prop(optional)] kind: Option<&'static str>,
    autocomplete: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
    #[prop(into, default = Signal::stored(None))] error: Signal<Option<String>>,
    #[prop(into, default = Signal::stored(false))] disabled: Signal<bool>,
    #[prop(optional)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let hint_id = [id, "-hint"].concat();
    let described_by = hint.map(|_| hint_id.clone());
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=id
                type=kind.unwrap_or("text")
                node_ref=node
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required
                aria-describedby=described_by
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                disabled=move || disabled.get()
                on:input:target=move |event| {
                    if let Some(on_input) = on_input {
                        on_input.run(event.target().value());
                    }
                }
            />
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <Alert says=error/>
        </div>
    }
}

/// What stands in it now, whatever was typed before the page was ready.
pub(crate) fn value_of(node: NodeRef<html::Input>) -> String {
    node.get_untracked().map(|input| input.value()).unwrap_or_default()
}
