use leptos::prelude::untrack;
use signet_ask::{BodyView, Discard, FailedBecause, MessageState, Retry};
use signet_shared::ConvId;

use super::show::Line;
use crate::{
    browser,
    el::{El, Words, div, el},
    part::{button, icon},
    state::{App, Row},
    text,
    value::Shared,
};

pub(super) fn line(app: App, conv: ConvId, line: Line) -> El {
    match line {
        Line::Day(ms) => div("day").child(el("span").text(browser::day(ms))),
        Line::Unread => div("unread-line").child(el("span").text(text::UNREAD_LINE)),
        Line::Message { row, follows } => message(app, conv, row, follows),
    }
}

/// What was written is only ever a text node.
fn message(app: App, conv: ConvId, row: Row, follows: bool) -> El {
    let body = match row.body {
        BodyView::Text(content) => el("p").class("message-text").set("dir", "auto").text(content),
        BodyView::Unsupported => el("p").class("message-text unsupported").text(text::UNSUPPORTED),
    };
    let foot = el("p").class("message-foot").child(el("time").text(browser::clock(row.sent_ms)));
    let class = match (row.mine, follows) {
        (true, true) => "message mine follows",
        (true, false) => "message mine",
        (false, true) => "message follows",
        (false, false) => "message",
    };
    let by = if row.mine { Some(text::BY_YOU.to_owned()) } else { untrack(|| app.chats.title(conv)) };
    let by = el("span").class("unseen").text(by.unwrap_or_default());
    let message = el("article").class(class).child(by);
    if !row.mine {
        return message.child(div("bubble").child(body).child(foot));
    }
    let (id, state) = (row.id, row.state);
    let (named, failing) = (state.clone(), state.clone());
    message
        .live("data-state", move || named.with(name_of).map(Words::from))
        .child(div("bubble").child(body).child(foot.child(mark(state))))
        // Why it was not sent, and what can be done.
        .part(move || {
            let MessageState::Failed(because) = failing.get() else { return None };
            let retry = button("button small", text::RETRY).on("click", move |_| app.tell(Retry { id }));
            // What a warning stands against would be refused again.
            let retry = (because != FailedBecause::Blocked).then_some(retry);
            let discard = button("button small", text::DISCARD).on("click", move |_| app.tell(Discard { id }));
            let failure = div("failure").set("role", "alert");
            Some(
                failure
                    .child(el("p").child(icon::warning()).text(text::failed(because)))
                    .children(retry)
                    .child(discard),
            )
        })
}

fn mark(state: Shared<MessageState>) -> El {
    let titled = state.clone();
    let words = el("span").class("unseen").live_text(move || state.with(word_of).into());
    let bar = || el("i").set("aria-hidden", "true");
    // Each message's way would be told aloud in the middle of what is being read.
    let mark =
        el("span").class("mark").set("aria-live", "off").live("title", move || Some(titled.with(word_of).into()));
    mark.children([bar(), bar(), words])
}

fn word_of(state: &MessageState) -> &'static str {
    match state {
        MessageState::Sending => text::STATE_SENDING,
        MessageState::Sent => text::STATE_SENT,
        MessageState::Delivered => text::STATE_DELIVERED,
        MessageState::Failed(_) => text::STATE_FAILED,
        MessageState::Received => "",
    }
}

fn name_of(state: &MessageState) -> Option<&'static str> {
    match state {
        MessageState::Sending => Some("sending"),
        MessageState::Sent => Some("sent"),
        MessageState::Delivered => Some("delivered"),
        MessageState::Failed(_) => Some("failed"),
        MessageState::Received => None,
    }
}
