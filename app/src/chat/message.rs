use leptos::{prelude::untrack, task::spawn_local};
use signet_ask::{
    BodyView, Discard, FailedBecause, MessageId, MessageState, Quote, Reaction, Retry, Say, Saying, Trouble,
};

use super::show::Line;
use crate::{
    browser,
    el::{El, Words, div, el, flag},
    lazy,
    part::{button, icon, icon_button},
    state::{App, Row},
    text,
    value::Shared,
};

pub(super) fn line(app: App, line: Line) -> El {
    match line {
        Line::Day(ms) => div("day").child(el("span").text(browser::day(ms))),
        Line::Unread => div("unread-line").child(el("span").text(text::UNREAD_LINE)),
        Line::Message { row, follows } => message(app, row, follows),
    }
}

/// The id of a message's element.
fn name(id: MessageId) -> String {
    ["m", &id.uuid.to_string()].concat()
}

/// Brings a message into sight, and the keyboard with it.
pub(super) fn show(id: MessageId) {
    if let Some(article) = browser::by_id(&name(id)) {
        article.scroll_into_view();
        browser::focus(&name(id));
    }
}

/// What was written is only ever a text node.
fn message(app: App, row: Row, follows: bool) -> El {
    let (id, mine, state, said) = (row.id, row.mine, row.state.clone(), row.said.clone());
    let [quoted, written, edited, reacted] = [(); 4].map(|()| said.clone());
    let class = match (mine, follows) {
        (true, true) => "message mine follows",
        (true, false) => "message mine",
        (false, true) => "message follows",
        (false, false) => "message",
    };
    let by = if mine { text::BY_YOU.to_owned() } else { row.author.clone() };
    let edited = move || edited.with(|said| !said.texts.is_empty()).then(|| el("span").text(text::EDITED));
    let foot = el("p").class("message-foot").part(edited).child(el("time").text(browser::clock(row.sent_ms)));
    let foot = if mine { foot.child(mark(state.clone())) } else { foot };
    let bubble = div("bubble")
        .part(move || quoted.with(|said| said.quote.clone()).map(|quote| quotation(app, quote)))
        .part(move || [body(&written.with(|said| said.body.clone()))])
        .child(foot);
    let shown = row.clone();
    let message = el("article")
        .class(class)
        .set("id", name(id))
        .set("tabindex", "-1")
        .child(el("span").class("unseen").text(by))
        .child(div("bubble-line").child(bubble).child(opener(app, row)))
        .part(move || reactions(app, id, &reacted.with(|said| said.reactions.clone())))
        .part(move || {
            (app.chats.acting.get() == Some(id)).then(|| untrack(|| lazy::actions(app, shown.clone()))).flatten()
        });
    if !mine {
        return message;
    }
    let (named, failing) = (state.clone(), state);
    message
        .live("data-state", move || named.with(name_of).map(Words::from))
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

fn body(body: &BodyView) -> El {
    match body {
        BodyView::Text(content) => el("p").class("message-text").set("dir", "auto").text(content.clone()),
        BodyView::Deleted => el("p").class("message-text unsupported").text(text::DELETED_MESSAGE),
        BodyView::Unsupported => el("p").class("message-text unsupported").text(text::UNSUPPORTED),
    }
}

/// The message that is answered, which a click brings into sight.
fn quotation(app: App, quote: Quote) -> El {
    let Some(id) = quote.id else { return el("p").class("quote").text(text::QUOTE_GONE) };
    let by = if quote.mine { text::BY_YOU.to_owned() } else { quote.author };
    let text = if quote.deleted { text::DELETED_MESSAGE.to_owned() } else { quote.text };
    let by = el("b").set("dir", "auto").text(by);
    el("button")
        .set("type", "button")
        .class("quote")
        .child(by)
        .child(el("span").set("dir", "auto").text(text))
        .on("click", move |_| app.chats.wanted.set(Some(id)))
}

/// The button that shows what can be done with a message; there is nothing while it is on its way.
fn opener(app: App, row: Row) -> El {
    let Row { id, state, .. } = row;
    let open = icon_button("icon-button act", text::ACTIONS, icon::more());
    open.set("id", actions_name(id))
        .live("hidden", move || flag(matches!(state.get(), MessageState::Sending | MessageState::Failed(_))))
        .live("aria-expanded", move || Some(if app.chats.acting.get() == Some(id) { "true" } else { "false" }.into()))
        .on("click", move |_| {
            let open = app.chats.acting.get_untracked() == Some(id);
            spawn_local(async move {
                if open {
                    app.chats.acting.set(None);
                } else if lazy::fetch_actions().await {
                    app.chats.acting.set(Some(id));
                } else {
                    app.trouble.set(Some(Trouble::NotFetched));
                }
            });
        })
}

/// The id of that button.
pub(super) fn actions_name(id: MessageId) -> String {
    ["a", &id.uuid.to_string()].concat()
}

/// Each kind once, with whose they are; a click says the same, or takes it back.
fn reactions(app: App, id: MessageId, all: &[Reaction]) -> Option<El> {
    if all.is_empty() {
        return None;
    }
    let mut kinds: Vec<(&str, Vec<&str>, bool)> = Vec::new();
    for reaction in all {
        let author = if reaction.mine { text::BY_YOU } else { &reaction.author };
        match kinds.iter_mut().find(|(emoji, ..)| *emoji == reaction.emoji) {
            Some((_, authors, mine)) => {
                authors.push(author);
                *mine |= reaction.mine;
            }
            None => kinds.push((&reaction.emoji, vec![author], reaction.mine)),
        }
    }
    let one = |(emoji, authors, mine): (&str, Vec<&str>, bool)| {
        let label = [emoji, " ", &authors.join(", ")].concat();
        let count =
            if authors.len() > 1 { [emoji, " ", &authors.len().to_string()].concat() } else { emoji.to_owned() };
        let says = if mine { String::new() } else { emoji.to_owned() };
        let button = el("button").set("type", "button").class("reaction").set("aria-label", label.clone());
        let button = button.set("title", label).set("aria-pressed", if mine { "true" } else { "false" });
        button.text(count).on("click", move |_| react(app, id, says.clone()))
    };
    Some(div("reactions").set("role", "group").set("aria-label", text::REACTIONS).children(kinds.into_iter().map(one)))
}

pub(super) fn react(app: App, id: MessageId, emoji: String) {
    let Some(conv) = app.chats.open.get_untracked() else { return };
    say(app, Say { conv, id, saying: Saying::React(emoji) });
}

pub(super) fn say(app: App, question: Say) {
    app.ask(question, move |answer| {
        if let Err(trouble) = answer {
            app.trouble.set(Some(trouble));
        }
    });
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
        MessageState::Read => text::STATE_READ,
        MessageState::Failed(_) => text::STATE_FAILED,
        MessageState::Received => "",
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
