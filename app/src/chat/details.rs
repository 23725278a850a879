use leptos::{prelude::*, task::spawn_local};
use signet_ask::{Details, ReadDetails};
use signet_shared::ConvId;

use crate::{
    part::{Alert, Dialog},
    state::App,
    text::{self, fill},
};

/// The other person's identity, to be compared.
#[component]
pub(super) fn ConversationDetails(conv: ConvId, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let details = RwSignal::new(None::<Details>);
    let error = RwSignal::new(None::<String>);
    Effect::new(move || {
        if !open.get() {
            return;
        }
        error.set(None);
        spawn_local(async move {
            match app.ask(ReadDetails { conv }).await {
                Ok(read) => details.set(Some(read)),
                Err(trouble) => error.set(Some(text::trouble(&trouble))),
            }
        });
    });
    view! {
        <Dialog open=open title=text::SAFETY_NUMBER id="details">
            <Alert says=error/>
            {move || match details.get() {
                Some(details) => view! {
                    <p>{fill(text::SAFETY_TEXT, &details.username)}</p>
                    <p class="safety" data-testid="safety-number" dir="ltr">{details.safety_number}</p>
                }
                .into_any(),
                None if error.with(Option::is_none) => view! { <p class="hint">{text::DETAILS_LOADING}</p> }.into_any(),
                None => ().into_any(),
            }}
        </Dialog>
    }
}
