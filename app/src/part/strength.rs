use leptos::prelude::*;

use crate::text;

/// How hard a password is to guess, as a bar and a word.
#[component]
pub(crate) fn Strength(#[prop(into)] score: Signal<u8>) -> impl IntoView {
    let word = move || match score.get() {
        0 => text::STRENGTH_NONE,
        1 => text::STRENGTH_WEAK,
        2 => text::STRENGTH_FAIR,
        3 => text::STRENGTH_GOOD,
        _ => text::STRENGTH_STRONG,
    };
    view! {
        <div class="strength" data-score=move || score.get().to_string()>
            <div class="strength-bar" aria-hidden="true"><i></i><i></i><i></i><i></i></div>
            <p class="strength-word" aria-live="polite">{text::STRENGTH}": "{word}</p>
        </div>
    }
}
