//! What stands in a conversation's log, line by line: messages, and between them days and the line above what is new.

use signet_ask::MessageId;

use crate::{browser, state::Row};

#[derive(Clone)]
pub(super) enum Line {
    Day(u64),
    Unread,
    Message {
        row: Row,
        /// The one before is by the same person, close in time.
        follows: bool,
    },
}

/// Tells lines apart; a line with the same key stays as it is on screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Day(i64, MessageId),
    Unread,
    Message(MessageId, bool),
}

pub(super) fn lines(rows: &[Row], first_unread: Option<MessageId>) -> Vec<(Key, Line)> {
    const CLOSE_MS: u64 = 5 * 60 * 1000;
    let mut lines = Vec::with_capacity(rows.len() + 8);
    let mut before: Option<(&Row, i64)> = None;
    for row in rows {
        let day = browser::day_number(row.sent_ms);
        let new_day = before.is_none_or(|(_, last)| last != day);
        if new_day {
            lines.push((Key::Day(day, row.id), Line::Day(row.sent_ms)));
        }
        let unread = first_unread == Some(row.id);
        if unread {
            lines.push((Key::Unread, Line::Unread));
        }
        let follows = !new_day
            && !unread
            && before.is_some_and(|(last, _)| last.mine == row.mine && row.sent_ms.abs_diff(last.sent_ms) < CLOSE_MS);
        lines.push((Key::Message(row.id, follows), Line::Message { row: row.clone(), follows }));
        before = Some((row, day));
    }
    lines
}
