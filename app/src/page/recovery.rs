use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser,
    part::icon,
    text::{self, fill},
};

/// The recovery key, once, to be saved before going on.
#[component]
pub(super) fn Recovery(username: String, key_text: String, on_done: Callback<()>) -> impl IntoView {
    let saved = RwSignal::new(false);
    let said = RwSignal::new("");
    Effect::new(move || browser::focus("recovery-title"));
    let key = StoredValue::new(key_text.clone());
    let copy = move |_| {
        spawn_local(async move {
            let done = browser::copy(&key.get_value()).await;
            said.set(if done { text::COPIED } else { text::COPY_FAILED });
        });
    };
    let download = move |_| {
        let content = [&fill(text::RECOVERY_FILE, &username), "\n\n", &key.get_value(), "\n"].concat();
        let _ = browser::download(&["signet-recovery-key-", &username, ".txt"].concat(), &content);
    };
    view! {
        <section class="card form">
            <h1 id="recovery-title" tabindex="-1">{text::RECOVERY_KEY}</h1>
            <p class="lead">{text::RECOVERY_TEXT}</p>
            <p class="secret" data-testid="recovery-key" dir="ltr">{key_text}</p>
            <p class="pair">
                <button type="button" class="button" on:click=copy>{icon::copy()}{text::COPY}</button>
                <button type="button" class="button" on:click=download>{icon::download()}{text::DOWNLOAD}</button>
            </p>
            <p class="hint" aria-live="polite">{move || said.get()}</p>
            <div class="check">
                <input type="checkbox" id="saved" prop:checked=move || saved.get() on:change:target=move |event| saved.set(event.target().checked())/>
                <div><label for="saved">{text::SAVED_IT}</label></div>
            </div>
            <button type="button" class="button primary wide" disabled=move || !saved.get() on:click=move |_| on_done.run(())>
                {text::CONTINUE}
            </button>
        </section>
    }
}
