use leptos::{html, prelude::*, task::spawn_local};
use signet_ask::StartConversation;

use crate::{
    Route,
    part::{Dialog, Field, value_of},
    route::{self, Step},
    state::App,
    text,
};

/// Asks for an exact username and opens the conversation with its owner.
#[component]
pub(super) fn NewConversation(open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let username = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);
    Effect::new(move || {
        if let (true, Some(field)) = (open.get(), username.get()) {
            field.set_value("");
            error.set(None);
            let _ = field.focus();
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = value_of(username).trim().trim_start_matches('@').to_owned();
        if busy.get_untracked() {
            return;
        }
        if name.is_empty() {
            return error.set(Some(text::NEW_CONVERSATION_TEXT.to_owned()));
        }
        busy.set(true);
        error.set(None);
        spawn_local(async move {
            match app.ask(StartConversation { username: name }).await {
                Ok(conv) => {
                    open.set(false);
                    route::go(app, Route::Chat, Some(conv), Step::Push);
                }
                Err(trouble) => error.set(Some(text::trouble(&trouble))),
            }
            busy.set(false);
        });
    };
    view! {
        <Dialog open=open title=text::NEW_CONVERSATION id="new">
            <form class="form" method="post" novalidate on:submit=submit aria-busy=move || busy.get().to_string()>
                <Field id="new-username" label=text::USERNAME node=username autocomplete="off" hint=text::NEW_CONVERSATION_TEXT
                    error=error disabled=busy/>
                <button type="submit" class="button primary wide" disabled=move || busy.get()>{text::START_CONVERSATION}</button>
            </form>
        </Dialog>
    }
}
