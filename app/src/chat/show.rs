//! What stands in a conversation's log, line by line: messages, and between them days and the line above what is new.

use signet_ask::MessageId;

use crate::{browser, el::Key, state::Row};

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

pub(super) fn lines(rows: &[Row], first_unread: Option<MessageId>) -> Vec<(Key, Line)> {
    const CLOSE_MS: u64 = 5 * 60 * 1000;
    let mut lines = Vec::with_capacity(rows.len() + 8);
    let mut before: Option<(&Row, i64)> = None;
    for row in rows {
        let day = browser::day_number(row.sent_ms);
        let new_day = before.is_none_or(|(_, last)| last != day);
        if new_day {
            lines.push((key(b'd', row.id), Line::Day(row.sent_ms)));
        }
        let unread = first_unread == Some(row.id);
        if unread {
            lines.push(((b'u', [0; 32]), Line::Unread));
        }
        let follows = !new_day
            && !unread
            && before.is_some_and(|(last, _)| last.mine == row.mine && row.sent_ms.abs_diff(last.sent_ms) < CLOSE_MS);
        lines.push((key(if follows { b'f' } else { b'm' }, row.id), Line::Message { row: row.clone(), follows }));
        before = Some((row, day));
    }
    lines
}

/// A line with the same key stays as it is on screen.
fn key(kind: u8, id: MessageId) -> Key {
    let mut bytes = [0; 32];
    let (author, uuid) = bytes.split_at_mut(16);
    author.copy_from_slice(&id.author.0);
    uuid.copy_from_slice(&id.uuid.0);
    (kind, bytes)
}
