use leptos::{html, prelude::*, task::spawn_local};
use signet_ask::{MarkRead, MessageId, ReadPage};
use signet_shared::ConvId;

use super::{compose::Compose, details::ConversationDetails, message::LogLine, show};
use crate::{
    Route,
    part::{Alert, Avatar, icon},
    route::{self, Step},
    state::App,
    text::{self, fill},
};

const PAGE: u16 = 60;

/// How much of the conversation has been read from the vault.
#[derive(Clone, Copy)]
struct Reading {
    loaded: RwSignal<bool>,
    more: RwSignal<bool>,
    busy: RwSignal<bool>,
    first_unread: RwSignal<Option<MessageId>>,
    error: RwSignal<Option<String>>,
}

#[component]
pub(super) fn Conversation(conv: ConvId) -> impl IntoView {
    let app = App::here();
    let reading = Reading::new();
    let details = RwSignal::new(false);
    let log = NodeRef::<html::Div>::new();
    app.chats.rows.set(Vec::new());

    // Again after sign-in, should the page have been opened at a conversation.
    Effect::new(move || {
        if app.status.with(|status| matches!(status, Some(signet_ask::Status::SignedIn { .. }))) {
            reading.first(app, conv);
        }
    });
    mark_read(app, conv, reading);

    let title = Memo::new(move |_| app.chats.find(conv).map(|view| view.with(|view| view.title.clone())));
    let warnings = move || app.chats.find(conv).map(|view| view.with(|view| view.warnings.clone())).unwrap_or_default();
    let unknown = move || reading.loaded.get() && app.chats.list.with(Option::is_some) && title.with(Option::is_none);

    view! {
        <section class="conversation" aria-labelledby="conversation-title">
            <header class="conversation-head">
                <button type="button" class="icon-button back" aria-label=text::BACK
                    on:click=move |_| route::go(app, Route::Chat, None, Step::Push)>{icon::back()}</button>
                {move || title.get().map(|name| view! { <Avatar name=name/> })}
                <h2 id="conversation-title" dir="auto">{move || title.get().unwrap_or_default()}</h2>
                <button type="button" class="icon-button" aria-label=text::DETAILS title=text::DETAILS
                    on:click=move |_| details.set(true)>{icon::shield()}</button>
            </header>
            {move || warnings().iter().map(|warning| view! {
                <div class="alert banner" role="alert">{icon::warning()}<span>{text::warning(warning)}</span></div>
            }).collect_view()}
            <Alert says=reading.error/>
            <div class="log" role="log" aria-label=text::MESSAGES tabindex="0" node_ref=log on:scroll=move |_| {
                if let Some(log) = log.get_untracked() {
                    // The log grows upwards from its end: the scroll position is zero at the end and negative above.
                    let above = log.scroll_height() - log.client_height() + log.scroll_top();
                    if above < 400 {
                        reading.older(app, conv);
                    }
                }
            }>
                <div class="log-lines">
                    {move || (reading.busy.get() && reading.loaded.get())
                        .then(|| view! { <p class="log-note">{text::LOADING_OLDER}</p> })}
                    {move || (reading.loaded.get() && !reading.more.get() && app.chats.rows.with(|rows| !rows.is_empty()))
                        .then(|| view! { <p class="log-note">{text::START_OF}</p> })}
                    <For each=move || app.chats.rows.with(|rows| show::lines(rows, reading.first_unread.get()))
                        key=|(key, _)| *key let:line><LogLine line=line.1/></For>
                </div>
                {move || (!reading.loaded.get() && app.chats.rows.with(Vec::is_empty)).then(|| view! { <Skeleton/> })}
                {move || (reading.loaded.get() && app.chats.rows.with(Vec::is_empty)).then(|| view! {
                    <Empty name=title.get() unknown=unknown()/>
                })}
            </div>
            <Compose conv=conv/>
            <ConversationDetails conv=conv open=details/>
        </section>
    }
}

#[component]
fn Empty(name: Option<String>, unknown: bool) -> impl IntoView {
    let (title, says) = if unknown {
        (text::NOT_HERE, text::NOT_HERE_TEXT.to_owned())
    } else {
        (text::NO_MESSAGES, fill(text::NO_MESSAGES_TEXT, &name.unwrap_or_default()))
    };
    view! { <div class="empty"><div class="empty-mark">{icon::lock()}</div><h3>{title}</h3><p>{says}</p></div> }
}

#[component]
fn Skeleton() -> impl IntoView {
    view! { <div class="skeleton log-skeleton" role="img" aria-label=text::LOADING><b></b><b></b><b></b><b></b></div> }
}

/// Tells the vault what has been seen, while it can be seen.
fn mark_read(app: App, conv: ConvId, reading: Reading) {
    let told = StoredValue::new(None::<MessageId>);
    Effect::new(move || {
        if !app.visible.get() || !reading.loaded.get() {
            return;
        }
        let newest = app.chats.rows.with(|rows| rows.iter().rev().find(|row| !row.mine).map(|row| row.id));
        let Some(id) = newest.filter(|id| told.get_value() != Some(*id)) else { return };
        told.set_value(Some(id));
        app.tell(MarkRead { conv, id });
    });
}

impl Reading {
    fn new() -> Self {
        Self {
            loaded: RwSignal::new(false),
            more: RwSignal::new(false),
            busy: RwSignal::new(false),
            first_unread: RwSignal::new(None),
            error: RwSignal::new(None),
        }
    }

    fn first(self, app: App, conv: ConvId) {
        self.read(app, conv, None);
    }

    fn older(self, app: App, conv: ConvId) {
        if self.loaded.get_untracked() && self.more.get_untracked() {
            let before = app.chats.rows.with_untracked(|rows| rows.first().map(|row| row.id));
            self.read(app, conv, before);
        }
    }

    fn read(self, app: App, conv: ConvId, before: Option<MessageId>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = app.ask(ReadPage { conv, before, limit: PAGE }).await;
            // Another conversation may have been opened meanwhile: then these signals are gone.
            if self.busy.try_set(false).is_some() || app.chats.open.get_untracked() != Some(conv) {
                return;
            }
            match answer {
                Ok(page) => {
                    app.chats.merge_rows(page.messages);
                    if before.is_none() {
                        self.first_unread.set(page.read_upto.and_then(|seen| first_after(app, seen)));
                    }
                    self.more.set(page.more);
                    self.error.set(None);
                }
                Err(signet_ask::Trouble::NotFound) => {}
                Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
            }
            self.loaded.set(true);
        });
    }
}

/// The first message of the other side below the newest that had been seen.
fn first_after(app: App, seen: MessageId) -> Option<MessageId> {
    app.chats.rows.with_untracked(|rows| {
        let at = rows.iter().position(|row| row.id == seen)?;
        rows.get(at + 1..)?.iter().find(|row| !row.mine).map(|row| row.id)
    })
}
