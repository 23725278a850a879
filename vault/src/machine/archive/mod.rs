//! A copy of one's own conversations that anybody can read: a page and a file for programs, made conversation by
//! conversation from what is in memory, in one ZIP archive (`crypto/FORMAT.md`, section 15).
//!
//! | part | what it does |
//! |---|---|
//! | `write` | conversations and messages -> HTML, JSON |
//! | `zip` | both files -> what makes one file of them |
//! | `time` | a time -> text |

mod time;
mod write;
mod zip;

use signet_ask::{ArchiveEnd, ArchivePart, ConversationView, MessageView};
use signet_shared::AccountId;

use self::{
    write::Title,
    zip::{Tally, around},
};
use super::{conv::Conv, session::Session};

/// A part of both files is about this long.
const PART: usize = 256 * 1024;

pub(super) struct Archiving {
    pub(super) account: AccountId,
    /// The next part's number.
    pub(super) next: u32,
    created_ms: u64,
    /// Each with the messages that it had.
    convs: Vec<(ConversationView, usize)>,
    /// Which of them is being written, if it has been begun; and of that one, where the next message stands at the
    /// earliest, and when the one before was written.
    at: usize,
    begun: bool,
    from: u64,
    before_ms: Option<u64>,
    total: usize,
    written: usize,
    tallies: [Tally; 2],
}

impl Archiving {
    pub(super) fn begin(session: &Session, created_ms: u64) -> Self {
        let of = |view: ConversationView| {
            let conv = session.convs.get(&view.id)?;
            let waiting = session.outbox.items.iter().filter(|item| item.row.conv == conv.id && item.shown()).count();
            Some((view, conv.messages.len().saturating_add(waiting)))
        };
        let convs: Vec<_> = session.conversations().into_iter().filter_map(of).collect();
        let total = convs.iter().fold(0_usize, |sum, (_, messages)| sum.saturating_add(*messages));
        Self {
            account: session.me(),
            next: 0,
            created_ms,
            convs,
            at: 0,
            begun: false,
            from: 0,
            before_ms: None,
            total,
            written: 0,
            tallies: [Tally::default(), Tally::default()],
        }
    }

    /// The files' next bytes. None if they have become too long to be put into one.
    pub(super) fn part(&mut self, session: &Session) -> Option<ArchivePart> {
        let (mut html, mut json) = (String::new(), String::new());
        let username = session.account.me.username().shown();
        if self.next == 0 {
            let title = Title { username, account: self.account, created_ms: self.created_ms };
            html = title.html(&self.convs);
            json = title.json();
        }
        self.next = self.next.saturating_add(1);
        while html.len().saturating_add(json.len()) < PART && self.at < self.convs.len() {
            self.step(session, &mut html, &mut json);
        }
        let mut part = ArchivePart { percent: self.percent(), ..ArchivePart::default() };
        let is_last = self.at >= self.convs.len();
        if is_last {
            html.push_str(write::HTML_END);
            json.push_str(write::JSON_END);
        }
        (part.html, part.json) = (html.into_bytes(), json.into_bytes());
        let [of_html, of_json] = &mut self.tallies;
        of_html.take(&part.html);
        of_json.take(&part.json);
        if is_last {
            let [html, json] = core::mem::take(&mut self.tallies);
            let (html, json) = (html.finish("index.html")?, json.finish("messages.json")?);
            let ([before_html, before_json], after) = around([&html, &json], self.created_ms)?;
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            part.percent = 100;
            part.end = Some(ArchiveEnd {
                before_html,
                before_json,
                after,
                username: username.to_owned(),
                created_ms: self.created_ms,
                conversations: count(self.convs.len()),
                messages: count(self.written),
                behind: !session.line.caught_up,
            });
        }
        Some(part)
    }

    /// One more message, or the end of a conversation.
    fn step(&mut self, session: &Session, html: &mut String, json: &mut String) {
        let Some((view, _)) = self.convs.get(self.at) else { return };
        // One that is gone by now is written as far as it was.
        let conv = session.convs.get(&view.id);
        if !self.begun {
            html.push_str(&write::html_conversation(self.at, view));
            let peer = conv.map_or(AccountId([0; 16]), |conv| conv.peer);
            json.push_str(&write::json_conversation(self.at, view, peer));
            (self.begun, self.from, self.before_ms) = (true, 0, None);
        }
        match conv.and_then(|conv| next(session, conv, self.from)) {
            Some(message) => {
                html.push_str(&write::html_message(&message, self.before_ms));
                json.push_str(&write::json_message(&message, self.before_ms.is_none()));
                (self.from, self.before_ms) = (message.order.saturating_add(1), Some(message.sent_ms));
                self.written = self.written.saturating_add(1);
            }
            None => {
                html.push_str(write::HTML_CONVERSATION_END);
                json.push_str(write::JSON_CONVERSATION_END);
                self.begun = false;
                self.at = self.at.saturating_add(1);
            }
        }
    }

    fn percent(&self) -> u8 {
        let hundredths = self.written.saturating_mul(100).checked_div(self.total).unwrap_or(0);
        hundredths.min(99) as u8
    }
}

/// The first message of a conversation from this place on: as on the screen, with what waits to be sent at its end.
fn next(session: &Session, conv: &Conv, from: u64) -> Option<MessageView> {
    if let Some((order, shown)) = conv.messages.range(from..).next() {
        return Some(session.message_view(conv, *order, shown));
    }
    let waiting = session.outbox.items.iter().filter(|item| item.row.conv == conv.id && item.shown());
    waiting.map(|item| session.outgoing_view(item)).find(|view| view.order >= from)
}
