//! A backup that is shown, for which nobody needs an account: held in memory until the page is done with it.

use rand_core::CryptoRng;
use signet_ask::{
    BackupPart, BackupReport, BackupTrouble, OpenedConversation, OpenedConversations, OpenedMessage, OpenedMessages,
    Trouble,
};
use signet_reader::{Book, Opening};

use super::{super::AskId, Machine, Run, Step, because};

impl<R: CryptoRng> Machine<R> {
    /// The file's next bytes; none where it ends.
    pub(super) fn open_on(&mut self, id: u64, at: u64, mut from: Opening, bytes: &[u8]) -> Result<BackupPart, Trouble> {
        let mut part = BackupPart::default();
        let step = match bytes {
            [] => {
                let book = from.finish().map_err(because)?;
                part = BackupPart { report: Some(report(&book)), percent: 100, ..part };
                Step::Opened(Box::new(book))
            }
            bytes => {
                from.feed(bytes).map_err(because)?;
                Step::Opening(Box::new(from))
            }
        };
        self.backup = Some(Box::new(Run { id, at: at.saturating_add(bytes.len() as u64), step }));
        Ok(part)
    }

    pub(in crate::machine) fn opened_conversations(&mut self, ask: AskId, run: u64) {
        let list = self.book(run).map(|book| {
            let of = |conv: &signet_reader::Conversation| OpenedConversation {
                title: conv.title.clone(),
                messages: count(conv.messages.len()),
            };
            book.conversations.iter().map(of).collect::<Vec<_>>()
        });
        self.hands.answer::<OpenedConversations>(ask, &list);
    }

    pub(in crate::machine) fn opened_messages(&mut self, ask: AskId, which: &OpenedMessages) {
        let page = self.book(which.run).and_then(|book| {
            let conv = book.conversations.get(which.conversation as usize).ok_or(Trouble::NotFound)?;
            let before = conv.messages.len().min(which.before as usize);
            let lines = conv.messages.get(before.saturating_sub(which.limit.into())..before).unwrap_or_default();
            let of = |line: &signet_reader::Line| OpenedMessage {
                mine: line.mine,
                sent_ms: line.sent_ms,
                text: line.text.clone(),
            };
            Ok(lines.iter().map(of).collect::<Vec<_>>())
        });
        self.hands.answer::<OpenedMessages>(ask, &page);
    }

    fn book(&self, id: u64) -> Result<&Book, Trouble> {
        match self.backup.as_deref() {
            Some(Run { id: here, step: Step::Opened(book), .. }) if *here == id => Ok(book),
            _ => Err(Trouble::Backup(BackupTrouble::Interrupted)),
        }
    }
}

fn report(book: &Book) -> BackupReport {
    let messages = book.conversations.iter().map(|conv| conv.messages.len()).sum();
    BackupReport {
        username: book.username.clone(),
        created_ms: book.created_ms,
        conversations: count(book.conversations.len()),
        messages: count(messages),
        ..BackupReport::default()
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
