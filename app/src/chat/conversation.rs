use leptos::{prelude::untrack, task::spawn_local};
use signet_ask::{MarkRead, MessageId, ReadPage};
use signet_shared::ConvId;

use super::{compose::compose, empty, message, reset::reset, show, skeleton, verified_mark};
use crate::{
    Route, browser,
    el::{El, after, div, el},
    lazy,
    part::{alert, alert_as, avatar, icon, icon_button},
    route::{self, Step},
    state::App,
    text::{self, count, fill},
    value::Value,
};

const PAGE: u16 = 60;

/// How much of the conversation has been read from the vault.
#[derive(Clone, Copy)]
struct Reading {
    loaded: Value<bool>,
    busy: Value<bool>,
    first_unread: Value<Option<MessageId>>,
    error: Value<Option<String>>,
}

const LOG: &str = "log";
pub(super) const TITLE: &str = "conversation-title";

pub(super) fn conversation(app: App, conv: ConvId) -> El {
    let reading = Reading::new();
    let asking = Value::new(false);
    let there = follow_details(asking, reading.error);
    app.chats.rows.set(Vec::new());
    app.chats.more.set(false);
    app.chats.leave();
    bring_into_sight(app, conv, reading);

    // Again after sign-in, should the page have been opened at a conversation.
    after(move || {
        if app.status.with(|status| matches!(status, Some(signet_ask::Status::SignedIn { .. }))) {
            reading.first(app, conv);
        }
    });
    mark_read(app, conv, reading);
    // Where one would write next; with a finger that would open the keyboard over what one came to read.
    after(|| browser::focus(if browser::has_fine_pointer() { "message" } else { TITLE }));

    // What changes in a conversation is mostly neither its title nor its warnings.
    let title = steady(move || app.chats.title(conv));
    let warned =
        steady(move || app.chats.find(conv).map(|view| view.with(|view| view.warnings.clone())).unwrap_or_default());

    let verified = move || app.chats.find(conv).is_some_and(|view| view.with(|view| view.verified));
    let back = el("button").set("type", "button").class("icon-button back").set("aria-label", text::BACK);
    let back = back.child(icon::back()).on("click", move |_| route::go(app, Route::Chat, None, Step::Push));
    let heading = el("h2").set("id", TITLE).set("tabindex", "-1").set("dir", "auto");
    let more = icon_button("icon-button", text::DETAILS, icon::shield()).on("click", move |_| asking.set(true));
    let head = el("header")
        .class("conversation-head")
        .child(back)
        .part(move || title.get().map(|name| avatar(&name)))
        .child(heading.live_text(move || title.get().unwrap_or_default().into()))
        .part(move || verified().then(verified_mark))
        .child(more);
    let warnings = move || {
        let one = |warning| {
            reset(app, conv, warning, asking).unwrap_or_else(|| alert_as("alert banner", text::warning(warning)))
        };
        warned.get().iter().map(one).collect::<Vec<_>>()
    };

    let sealed = steady(move || app.chats.find(conv).map_or(0, |view| view.with(|view| view.sealed)));
    let sealed = move || match sealed.get() {
        0 => None,
        n => Some(el("p").class("log-note").text(count(text::SEALED_ONE, text::SEALED_MANY, n))),
    };

    let note = |says: &'static str| el("p").class("log-note").text(says);
    let lines = div("log-lines")
        .part(move || (reading.busy.get() && reading.loaded.get()).then(|| note(text::LOADING_OLDER)))
        .part(move || {
            let whole = reading.loaded.get() && !app.chats.more.get() && app.chats.rows.with(|rows| !rows.is_empty());
            whole.then(|| note(text::START_OF))
        })
        .list(
            move || app.chats.rows.with(|rows| show::lines(rows, reading.first_unread.get())),
            move |line| message::line(app, line),
        );
    let nothing = move || {
        let known = app.chats.list.with(Option::is_some);
        app.chats.rows.with(Vec::is_empty).then(|| match (reading.loaded.get(), title.get()) {
            (false, _) => skeleton("skeleton log-skeleton", (0..4).map(|_| el("b"))),
            (true, None) if known => empty("empty", icon::lock(), "h3", text::NOT_HERE, text::NOT_HERE_TEXT.into()),
            (true, name) => {
                let says = fill(text::NO_MESSAGES_TEXT, &name.unwrap_or_default());
                empty("empty", icon::lock(), "h3", text::NO_MESSAGES, says)
            }
        })
    };
    let log = div("log").set("id", LOG).set("role", "log").set("aria-label", text::MESSAGES).set("tabindex", "0");
    // Older messages are no news.
    let log = log.live("aria-live", move || Some(if reading.busy.get() { "off" } else { "polite" }.into()));
    let log = log.child(lines).part(nothing).on("scroll", move |_| {
        if let Some(log) = browser::by_id(LOG) {
            // The log grows upwards from its end: the scroll position is zero at the end and negative above.
            let above = log.scroll_height() - log.client_height() + log.scroll_top();
            if above < 400 {
                reading.older(app, conv);
            }
        }
    });
    el("section")
        .class("conversation")
        .set("aria-labelledby", TITLE)
        .child(head)
        .part(warnings)
        .part(sealed)
        .part(move || reading.error.get().map(alert))
        .children([log, compose(app, conv)])
        .part(move || there.get().then(|| untrack(|| lazy::details(app, conv, asking))).flatten())
}

/// The details are fetched when they are first asked for. Whether they are there.
fn follow_details(asking: Value<bool>, error: Value<Option<String>>) -> Value<bool> {
    let there = Value::new(false);
    after(move || {
        if !asking.get() || there.get_untracked() {
            return;
        }
        spawn_local(async move {
            let fetched = lazy::fetch_details().await;
            if there.is_gone() {
            } else if fetched {
                there.set(true);
            } else {
                asking.set(false);
                error.set(Some(text::NOT_FETCHED.to_owned()));
            }
        });
    });
    there
}

/// Changes only when what is read does: whatever is made of it stays until then, with its focus and its errors.
fn steady<T: Clone + PartialEq + Send + Sync + 'static>(read: impl Fn() -> T + 'static) -> Value<T> {
    let steady = Value::new(read());
    after(move || {
        let now = read();
        if steady.with_untracked(|before| *before != now) {
            steady.set(now);
        }
    });
    steady
}

/// A message that somebody wants to see, with those above it fetched until it is here.
fn bring_into_sight(app: App, conv: ConvId, reading: Reading) {
    after(move || {
        let Some(id) = app.chats.wanted.get() else { return };
        if reading.busy.get() {
            return;
        }
        if app.chats.rows.with(|rows| rows.iter().any(|row| row.id == id)) {
            app.chats.wanted.set(None);
            browser::soon(move || message::show(id));
        } else if app.chats.more.get_untracked() {
            reading.older(app, conv);
        } else {
            app.chats.wanted.set(None);
        }
    });
}

/// Tells the vault what has been seen, while it can be seen.
fn mark_read(app: App, conv: ConvId, reading: Reading) {
    let told = Value::new(None::<MessageId>);
    after(move || {
        if !app.visible.get() || !reading.loaded.get() {
            return;
        }
        let newest = app.chats.rows.with(|rows| rows.iter().rev().find(|row| !row.mine).map(|row| row.id));
        let Some(id) = newest.filter(|id| told.get_untracked() != Some(*id)) else { return };
        told.set(Some(id));
        app.tell(MarkRead { conv, id });
    });
}

impl Reading {
    fn new() -> Self {
        Self {
            loaded: Value::new(false),
            busy: Value::new(false),
            first_unread: Value::new(None),
            error: Value::new(None),
        }
    }

    fn first(self, app: App, conv: ConvId) {
        self.read(app, conv, None);
    }

    fn older(self, app: App, conv: ConvId) {
        if self.loaded.get_untracked() && app.chats.more.get_untracked() {
            let before = app.chats.rows.with_untracked(|rows| rows.first().map(|row| row.id));
            self.read(app, conv, before);
        }
    }

    fn read(self, app: App, conv: ConvId, before: Option<MessageId>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        app.ask(ReadPage { conv, before, limit: PAGE }, move |answer| {
            // Another conversation may have been opened meanwhile: then these signals are gone.
            if self.busy.is_gone() || app.chats.open.get_untracked() != Some(conv) {
                return;
            }
            match answer {
                Ok(page) => {
                    app.chats.merge_rows(page.messages);
                    if before.is_none() {
                        self.first_unread.set(page.read_upto.and_then(|seen| first_after(app, seen)));
                    }
                    app.chats.more.set(page.more);
                    self.error.set(None);
                }
                Err(signet_ask::Trouble::NotFound) => {}
                Err(trouble) => self.error.set(Some(text::trouble(&trouble))),
            }
            self.loaded.set(true);
            // Once the older messages stand: the log is quiet until then.
            self.busy.set(false);
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
