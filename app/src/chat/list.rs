use leptos::prelude::*;
use signet_ask::{ConversationView, LastLine, Task};
use wasm_bindgen::JsCast;

use super::new::NewConversation;
use crate::{
    Route, browser,
    part::{Avatar, icon},
    route::{self, Step, is_plain_click},
    state::{App, Chat, percent},
    text,
};

#[component]
pub(super) fn List() -> impl IntoView {
    let app = App::here();
    let list = app.chats.list;
    let asking = RwSignal::new(false);
    view! {
        <nav class="list" aria-label=text::CONVERSATIONS on:keydown=move |event| move_focus(&event)>
            <div class="list-head">
                <h1>{text::CONVERSATIONS}</h1>
                <button type="button" class="icon-button accent" aria-label=text::NEW_CONVERSATION title=text::NEW_CONVERSATION
                    disabled=move || app.username().is_none() on:click=move |_| asking.set(true)>{icon::plus()}</button>
            </div>
            <HistoryProgress/>
            <ul class="list-items">
                <For each=move || list.get().unwrap_or_default() key=|chat| chat.id let:chat><Entry chat=chat/></For>
            </ul>
            {move || match list.with(|list| list.as_ref().map(Vec::is_empty)) {
                None => view! { <Skeleton/> }.into_any(),
                Some(true) => view! {
                    <div class="empty small">
                        <div class="empty-mark">{icon::chat()}</div>
                        <h2>{text::NO_CONVERSATIONS}</h2>
                        <p>{text::NO_CONVERSATIONS_TEXT}</p>
                    </div>
                }
                .into_any(),
                Some(false) => ().into_any(),
            }}
            <NewConversation open=asking/>
        </nav>
    }
}

#[component]
fn Entry(chat: Chat) -> impl IntoView {
    let app = App::here();
    let (id, view) = (chat.id, chat.view);
    let is_open = move || app.chats.open.get() == Some(id);
    let title = view.with_untracked(|view| view.title.clone());
    let content = move || view.with(content);
    view! {
        <li>
            <a class="entry" href=route::chat_address(Some(id)) aria-current=move || is_open().then_some("true")
                on:click=move |event| {
                    if is_plain_click(&event) {
                        event.prevent_default();
                        let step = if is_open() { Step::Replace } else { Step::Push };
                        route::go(app, Route::Chat, Some(id), step);
                    }
                }
            >
                <Avatar name=title/>
                {content}
            </a>
        </li>
    }
}

fn content(view: &ConversationView) -> impl IntoView + use<> {
    let unread = (view.unread > 0).then(|| {
        let spoken = text::count(text::UNREAD_ONE, text::UNREAD_MANY, view.unread);
        let shown = if view.unread > 99 { "99+".to_owned() } else { view.unread.to_string() };
        view! { <span class="badge"><span aria-hidden="true">{shown}</span><span class="unseen">" "{spoken}</span></span> }
    });
    let warned = (!view.warnings.is_empty()).then(|| view! { <span class="entry-warning">{icon::warning()}</span> });
    let last = view.last.clone();
    view! {
        <span class="entry-title" dir="auto">{view.title.clone()}</span>
        {last.as_ref().map(|last| view! { <span class="entry-time">" "{browser::brief(last.sent_ms)}</span> })}
        <span class="entry-last" dir="auto">" "{last.map(last_line)}</span>
        <span class="entry-signs">{warned}{unread}</span>
    }
}

fn last_line(last: LastLine) -> String {
    if last.mine { [text::YOU, " ", &last.text].concat() } else { last.text }
}

#[component]
fn HistoryProgress() -> impl IntoView {
    let app = App::here();
    move || {
        app.progress_of(Task::History).filter(|progress| progress.done < 1.0).map(|progress| {
            let says = match progress.left {
                Some(left) => text::count(text::HISTORY_ONE, text::HISTORY_LEFT, left),
                None => text::HISTORY.to_owned(),
            };
            view! {
                <div class="history"><progress aria-label=text::HISTORY max="100" value=percent(progress)></progress><p>{says}</p></div>
            }
        })
    }
}

#[component]
fn Skeleton() -> impl IntoView {
    let line = || view! { <div class="skeleton-entry"><i></i><div><b></b><b></b></div></div> };
    view! { <div class="skeleton" role="img" aria-label=text::LOADING>{line()}{line()}{line()}{line()}</div> }
}

/// Arrow keys walk along the list.
fn move_focus(event: &leptos::ev::KeyboardEvent) {
    let key = event.key();
    if key != "ArrowDown" && key != "ArrowUp" {
        return;
    }
    let item = browser::document().active_element().and_then(|at| at.closest("li").ok().flatten());
    let next =
        item.and_then(
            |item| {
                if key == "ArrowDown" { item.next_element_sibling() } else { item.previous_element_sibling() }
            },
        );
    let link =
        next.and_then(|next| next.first_element_child()).and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(link) = link {
        event.prevent_default();
        let _ = link.focus();
    }
}
