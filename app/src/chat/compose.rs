use core::time::Duration;

use leptos::{html, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use signet_ask::{ReadDraft, SaveDraft, Send};
use signet_shared::{ConvId, limits};

use crate::{
    browser,
    part::{Alert, icon},
    state::App,
    text::{self, fill},
};

/// From here on the number of characters left is told.
const NEAR: usize = 500;
const DRAFT_AFTER: Duration = Duration::from_millis(600);

#[component]
pub(super) fn Compose(conv: ConvId) -> impl IntoView {
    let app = App::here();
    let area = NodeRef::<html::Textarea>::new();
    let length = RwSignal::new(0_usize);
    let error = RwSignal::new(None::<String>);
    let draft = Draft::of(app, conv);

    Effect::new(move || {
        if let Some(field) = area.get() {
            draft.bring_back(field, length);
        }
    });
    on_cleanup(move || draft.keep_now());

    let changed = move || {
        let Some(field) = area.get_untracked() else { return };
        let written = field.value();
        fit(&field);
        length.set(written.chars().count());
        draft.keep_soon(written);
    };
    let send = move || {
        let Some(field) = area.get_untracked() else { return };
        let written = field.value();
        if written.trim().is_empty() || written.chars().count() > limits::TEXT_CHARS {
            return;
        }
        let Some(uuid) = browser::random_uuid() else { return };
        field.set_value("");
        fit(&field);
        length.set(0);
        error.set(None);
        draft.drop_it();
        let _ = field.focus();
        spawn_local(async move {
            if let Err(trouble) = app.ask(Send { conv, uuid, text: written.clone() }).await {
                // What was written goes back where it was, unless something new is being written.
                if field.value().is_empty() {
                    field.set_value(&written);
                    length.set(written.chars().count());
                    fit(&field);
                    draft.keep_soon(written);
                }
                error.set(Some(text::trouble(&trouble)));
            }
        });
    };

    let too_many = move || length.get() > limits::TEXT_CHARS;
    view! {
        <form class="compose" method="post" novalidate on:submit=move |event| {
            event.prevent_default();
            send();
        }>
            <Alert says=error/>
            {move || (length.get() + NEAR > limits::TEXT_CHARS).then(|| {
                let (sentence, n) = if too_many() {
                    (text::TOO_MANY_CHARACTERS, length.get() - limits::TEXT_CHARS)
                } else {
                    (text::CHARACTERS_LEFT, limits::TEXT_CHARS - length.get())
                };
                view! { <p class="counter" class:over=too_many() id="counter">{fill(sentence, &n.to_string())}</p> }
            })}
            <div class="compose-line">
                <textarea id="message" rows="1" dir="auto" aria-label=text::MESSAGE placeholder=text::MESSAGE node_ref=area
                    aria-invalid=move || too_many().then_some("true") aria-describedby=move || too_many().then_some("counter")
                    on:input=move |_| changed()
                    on:keydown=move |event| {
                        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                            event.prevent_default();
                            send();
                        }
                    }
                ></textarea>
                <button type="submit" class="send" aria-label=text::SEND title=text::SEND disabled=move || length.get() == 0 || too_many()>
                    {icon::send()}
                </button>
            </div>
        </form>
    }
}

/// As high as its text; the style sheet sets the limit.
fn fit(field: &web_sys::HtmlTextAreaElement) {
    let rows = field.value().lines().count().max(1) + usize::from(field.value().ends_with('\n'));
    field.set_rows(rows.min(8) as u32);
}

/// What is being typed, kept under seal by the vault.
#[derive(Clone, Copy)]
struct Draft {
    app: App,
    conv: ConvId,
    waiting: StoredValue<Option<(TimeoutHandle, String)>>,
}

impl Draft {
    fn of(app: App, conv: ConvId) -> Self {
        Self { app, conv, waiting: StoredValue::new(None) }
    }

    fn bring_back(self, field: web_sys::HtmlTextAreaElement, length: RwSignal<usize>) {
        spawn_local(async move {
            let Ok(kept) = self.app.ask(ReadDraft { conv: self.conv }).await else { return };
            let still_here = self.app.chats.open.get_untracked() == Some(self.conv);
            if still_here && !kept.is_empty() && field.value().is_empty() {
                field.set_value(&kept);
                fit(&field);
                length.try_set(kept.chars().count());
            }
        });
    }

    fn keep_soon(self, text: String) {
        self.stop();
        let handle = set_timeout_with_handle(move || self.keep_now(), DRAFT_AFTER);
        if let Ok(handle) = handle {
            self.waiting.set_value(Some((handle, text)));
        }
    }

    fn keep_now(self) {
        let waiting = self.waiting.try_update_value(Option::take).flatten();
        if let Some((handle, text)) = waiting {
            handle.clear();
            self.app.tell(SaveDraft { conv: self.conv, text });
        }
    }

    fn drop_it(self) {
        self.stop();
        self.app.tell(SaveDraft { conv: self.conv, text: String::new() });
    }

    fn stop(self) {
        if let Some((handle, _)) = self.waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    }
}
