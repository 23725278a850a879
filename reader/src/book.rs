//! A file's records as conversations to read.

use std::collections::BTreeMap;

use signet_crypto::{BackupError, BackupHeader, BackupKey, BackupReader, BackupRecord, Content};
use signet_shared::{AccountId, ConvId};

/// Bytes of text that are held at most, and what stands beside each message counts too: what reads a file in a browser has
/// four gigabytes at most, and goes under with all else that it holds where they do not do.
const MOST: usize = 1024 * 1024 * 1024;
const BESIDE: usize = 64;

/// A file that is being read.
pub struct Opening {
    reader: BackupReader,
    account: AccountId,
    /// By conversation: its place among the book's.
    places: BTreeMap<ConvId, usize>,
    book: Book,
    held: usize,
    most: usize,
}

/// A whole backup.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Book {
    pub username: String,
    pub created_ms: u64,
    /// The one with the newest message first.
    pub conversations: Vec<Conversation>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// The other person's username; empty if the file does not name them.
    pub title: String,
    pub messages: Vec<Line>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    pub mine: bool,
    pub sent_ms: u64,
    /// None of a kind that this reader does not know.
    pub text: Option<String>,
}

impl core::fmt::Debug for Opening {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Opening(..)")
    }
}

impl Opening {
    /// `head`: the file's first 118 bytes, or all of a shorter one.
    pub fn new(head: &[u8], backup_password: &str) -> Result<Self, BackupError> {
        let header = BackupHeader::parse(head)?;
        Self::begin(&header, header.unlock(backup_password)?)
    }

    /// What follows a header, by the key that it gave.
    pub fn begin(header: &BackupHeader, key: BackupKey) -> Result<Self, BackupError> {
        let reader = BackupReader::new(header, key)?;
        let book = Book { created_ms: header.created_ms, ..Book::default() };
        Ok(Self { reader, account: header.account, places: BTreeMap::new(), book, held: 0, most: MOST })
    }

    /// With another bound than [`MOST`].
    #[must_use]
    pub fn holding_at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        for record in self.reader.feed(bytes)? {
            match record {
                BackupRecord::Account { username, .. } => username.shown().clone_into(&mut self.book.username),
                BackupRecord::Contact(contact) => {
                    let conv = self.conversation(ConvId::direct(self.account, contact.account));
                    contact.username.shown().clone_into(&mut conv.title);
                }
                BackupRecord::Message(message) => {
                    let text = match message.content {
                        Content::Text(text) => Some(text),
                        _ => None,
                    };
                    let length = text.as_ref().map_or(0, String::len);
                    self.held = self.held.saturating_add(length).saturating_add(BESIDE);
                    if self.held > self.most {
                        return Err(BackupError::NoMemory);
                    }
                    let mine = message.author == self.account;
                    self.conversation(message.conv).messages.push(Line { mine, sent_ms: message.sent_ms, text });
                }
                BackupRecord::Keystore(_) | BackupRecord::Statements(_) => {}
            }
        }
        Ok(())
    }

    fn conversation(&mut self, id: ConvId) -> &mut Conversation {
        let all = &mut self.book.conversations;
        let at = *self.places.entry(id).or_insert_with(|| {
            all.push(Conversation::default());
            all.len() - 1
        });
        &mut all[at]
    }

    pub fn finish(self) -> Result<Book, BackupError> {
        let Self { reader, mut book, .. } = self;
        reader.finish()?;
        book.conversations.sort_by_key(|conv| u64::MAX - conv.messages.last().map_or(0, |line| line.sent_ms));
        Ok(book)
    }
}

impl Book {
    pub fn line(&self, conversation: usize, message: usize) -> Option<&Line> {
        self.conversations.get(conversation)?.messages.get(message)
    }
}
