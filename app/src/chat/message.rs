use leptos::prelude::*;
use signet_ask::{BodyView, Discard, MessageState, Retry};

use super::show::Line;
use crate::{
    browser,
    part::icon,
    state::{App, Row},
    text,
};

#[component]
pub(super) fn LogLine(line: Line) -> impl IntoView {
    match line {
        Line::Day(ms) => view! { <div class="day"><span>{browser::day(ms)}</span></div> }.into_any(),
        Line::Unread => view! { <div class="unread-line"><span>{text::UNREAD_LINE}</span></div> }.into_any(),
        Line::Message { row, follows } => view! { <Message row=row follows=follows/> }.into_any(),
    }
}

/// What was written is only ever a text node.
#[component]
fn Message(row: Row, follows: bool) -> impl IntoView {
    let (mine, state) = (row.mine, row.state.clone());
    let data_state = move || if mine { name_of(&state.get()) } else { None };
    let body = match row.body.clone() {
        BodyView::Text(content) => view! { <p class="message-text" dir="auto">{content}</p> }.into_any(),
        BodyView::Unsupported => view! { <p class="message-text unsupported">{text::UNSUPPORTED}</p> }.into_any(),
    };
    view! {
        <article class="message" class:mine=mine class:follows=follows data-state=data_state>
            <div class="bubble">
                {body}
                <p class="message-foot">
                    <time>{browser::clock(row.sent_ms)}</time>
                    {mine.then(|| view! { <StateMark row=row.clone()/> })}
                </p>
            </div>
            {mine.then(|| view! { <Failure row=row/> })}
        </article>
    }
}

#[component]
fn StateMark(row: Row) -> impl IntoView {
    let word = move || match row.state.get() {
        MessageState::Sending => text::STATE_SENDING,
        MessageState::Sent => text::STATE_SENT,
        MessageState::Delivered => text::STATE_DELIVERED,
        MessageState::Read => text::STATE_READ,
        MessageState::Failed(_) => text::STATE_FAILED,
        MessageState::Received => "",
    };
    let title = word.clone();
    view! {
        <span class="mark" title=title>
            <i aria-hidden="true"></i><i aria-hidden="true"></i><span class="unseen">{word}</span>
        </span>
    }
}

/// Why it was not sent, and what can be done.
#[component]
fn Failure(row: Row) -> impl IntoView {
    let app = App::here();
    let id = row.id;
    move || match row.state.get() {
        MessageState::Failed(because) => Some(view! {
            <div class="failure" role="alert">
                <p>{icon::warning()}{text::failed(because)}</p>
                <button type="button" class="button small" on:click=move |_| app.tell(Retry { id })>{text::RETRY}</button>
                <button type="button" class="button small" on:click=move |_| app.tell(Discard { id })>{text::DISCARD}</button>
            </div>
        }),
        _ => None,
    }
}

fn name_of(state: &MessageState) -> Option<&'static str> {
    match state {
        MessageState::Sending => Some("sending"),
        MessageState::Sent => Some("sent"),
        MessageState::Delivered => Some("delivered"),
        MessageState::Read => Some("read"),
        MessageState::Failed(_) => Some("failed"),
        MessageState::Received => None,
    }
}
