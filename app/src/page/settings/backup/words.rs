//! What became of a backup, in words.

use signet_ask::BackupReport;

use crate::{
    browser,
    text::{backup, count, fill},
};

pub(super) fn written(made: &BackupReport) -> String {
    let behind = made.behind.then_some(backup::BACKUP_BEHIND.to_owned());
    let left_out = some(made.left_out, backup::LEFT_OUT_ONE, backup::LEFT_OUT_MANY);
    sentences([Some(backup::BACKUP_WRITTEN.to_owned()), Some(holds(made)), left_out, behind])
}

pub(super) fn tested(found: &BackupReport) -> String {
    let works = fill(backup::BACKUP_WORKS, &found.username);
    let made = fill(backup::BACKUP_OF, &browser::moment(found.created_ms));
    sentences([Some(works), Some(made), Some(holds(found)), None])
}

pub(super) fn imported(found: &BackupReport) -> String {
    let conversations =
        some(found.new_conversations, backup::ADDED_CONVERSATIONS_ONE, backup::ADDED_CONVERSATIONS_MANY);
    let messages = some(found.new_messages, backup::ADDED_MESSAGES_ONE, backup::ADDED_MESSAGES_MANY);
    let left_out = some(found.left_out, backup::NOT_ADDED_ONE, backup::NOT_ADDED_MANY);
    let nothing = conversations.is_none() && messages.is_none() && left_out.is_none();
    let first = if nothing { backup::IMPORT_NOTHING } else { backup::IMPORTED };
    sentences([Some(first.to_owned()), conversations, messages, left_out])
}

fn holds(of: &BackupReport) -> String {
    let conversations = count(backup::HOLDS_CONVERSATIONS_ONE, backup::HOLDS_CONVERSATIONS_MANY, of.conversations);
    let date = of.oldest_ms.map(browser::calendar).unwrap_or_default();
    let messages = match of.messages {
        0 => backup::HOLDS_MESSAGES_NONE.to_owned(),
        1 => fill(backup::HOLDS_MESSAGES_ONE, &date),
        many => [fill(backup::HOLDS_MESSAGES_MANY, &many.to_string()), fill(backup::HOLDS_SINCE, &date)].concat(),
    };
    [conversations, messages].concat()
}

fn some(n: u32, one: &str, many: &str) -> Option<String> {
    (n > 0).then(|| count(one, many, n))
}

fn sentences(all: [Option<String>; 4]) -> String {
    all.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
