//! The conversations: the list, and the open one beside it (or instead of it, on a narrow screen).

mod compose;
mod conversation;
mod details;
mod list;
mod message;
mod new;
mod show;

use leptos::prelude::*;
use signet_ask::{Connection, SignOut};

use crate::{
    Route,
    part::{Alert, Brand, icon},
    route::Link,
    state::App,
    text,
};

#[component]
pub(crate) fn Chat() -> impl IntoView {
    let app = App::here();
    let open = app.chats.open;
    let trouble = Signal::derive(move || app.trouble.get().as_ref().map(text::trouble));
    view! {
        <div class="chat" class:has-open=move || open.get().is_some()>
            <header class="chat-bar">
                <Brand/>
                <ConnectionStatus/>
                <div class="account">
                    <span class="account-name" dir="auto">{move || app.username()}</span>
                    <Link to=Route::Settings class="icon-button"><span class="unseen">{text::SETTINGS}</span>{icon::gear()}</Link>
                    <button type="button" class="icon-button" aria-label=text::SIGN_OUT title=text::SIGN_OUT
                        disabled=move || app.username().is_none() on:click=move |_| app.tell(SignOut {})>{icon::leave()}</button>
                </div>
            </header>
            <list::List/>
            <main class="pane">
                <Alert says=trouble/>
                {move || match open.get() {
                    Some(conv) => view! { <conversation::Conversation conv=conv/> }.into_any(),
                    None => view! { <NothingOpen/> }.into_any(),
                }}
            </main>
        </div>
    }
}

#[component]
fn ConnectionStatus() -> impl IntoView {
    let app = App::here();
    let state = move || match app.connection.get() {
        Some(Connection::Connected) => text::CONNECTED,
        Some(Connection::Offline) => text::OFFLINE,
        Some(Connection::Reconnecting { .. }) | None => text::RECONNECTING,
    };
    view! { <div class="connection" role="status" aria-label=text::CONNECTION data-state=state>{state}</div> }
}

#[component]
fn NothingOpen() -> impl IntoView {
    view! {
        <div class="empty">
            <div class="empty-mark">{icon::lock()}</div>
            <h2>{text::NOTHING_OPEN}</h2>
            <p>{text::NOTHING_OPEN_TEXT}</p>
        </div>
    }
}
