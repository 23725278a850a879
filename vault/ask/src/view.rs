//! What the page shows. Plain values, no keys.

use serde::{Deserialize, Serialize};
use signet_shared::{
    AccountId, ClientUuid, ConvId, IkHash,
    api::{BrowserFamily, SystemFamily},
};

use crate::{BackupDates, FailedBecause};

/// Who is signed in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// `username`: the account last used in this browser, if its sign-in can be resumed with the password; `stay`: what was
    /// chosen then. `locked`: at the person's wish, or because nobody was there.
    SignedOut {
        username: Option<String>,
        stay: bool,
        locked: bool,
    },
    SignedIn {
        username: String,
        account: AccountId,
    },
}

impl Status {
    /// Of a browser in which nobody was signed in.
    pub const NOBODY: Self = Self::SignedOut { username: None, stay: false, locked: false };
}

/// When this browser locks by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockWhen {
    /// Minutes without anybody using a tab; 0: never.
    pub unused_min: u16,
    /// When the last tab is closed. The opposite of staying signed in.
    pub no_tab: bool,
}

/// The state of the line to the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    Connected,
    /// The relay answers, but cannot store: what is sent waits in this browser.
    NotStoring,
    /// Trying again in so many milliseconds (0: right now).
    Reconnecting {
        in_ms: u32,
    },
    /// The browser says that it has no network.
    Offline,
}

/// The recovery key as its owner writes it down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryKeyText(pub String);

impl core::fmt::Debug for RecoveryKeyText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RecoveryKeyText(..)")
    }
}

/// A message for ever: who wrote it, and the number that the writer's browser gave it. A retry keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId {
    pub author: AccountId,
    pub uuid: ClientUuid,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: ConvId,
    /// The other person's username.
    pub title: String,
    pub unread: u32,
    pub last: Option<LastLine>,
    /// Milliseconds since 1970 of the newest message, or of the conversation's start here: the list's order.
    pub touched_ms: u64,
    pub warnings: Vec<Warning>,
    /// The person says to have compared the other one's identity as it is now.
    pub verified: bool,
    /// Messages of before this account began anew, which its keys of now do not open.
    pub sealed: u32,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLine {
    pub mine: bool,
    /// The first 120 characters on one line.
    pub text: String,
    pub deleted: bool,
    pub sent_ms: u64,
    /// Of one's own message.
    pub state: Option<MessageState>,
}

impl core::fmt::Debug for LastLine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LastLine(..)")
    }
}

/// What stays above a conversation until its cause is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Warning {
    /// Messages that others saw, or that later ones build on, did not arrive.
    Missing { count: u32 },
    /// Two different messages claim the same place: the relay or the other side is lying.
    Equivocation,
    /// Someone saw another message in a place where a different one was delivered here.
    ViewsDiffer,
    /// The other person's key log does not continue the one seen before. Nothing is sent until this is resolved.
    KeyLogForked,
    /// Another account with the same name has written or been met: which of them is the person, only the person can say.
    /// Nothing is sent until this is resolved.
    Namesake,
    /// The list of contacts and what was read cannot be stored at the relay: it is kept in this browser only.
    StateNotKept,
    /// The relay has shown older keys or an older list of contacts than this account has had: it went back in time, by a
    /// fault or on purpose. What was added since may be gone from new browsers.
    RolledBack,
    /// The relay gives others other keys for this account than it has, or hides them.
    OwnKeysDiffer,
    /// The other person has used a key for this account that it did not make: somebody has shown them another key log of
    /// this account than its own.
    SplitView,
    /// The relay names another identity key as the other person's, for which the one before did not sign: they have lost
    /// everything and begun anew, or somebody passes for them. Nothing is sent, and nothing of it shown, until the person
    /// decides; whoever was `verified` is accepted only by comparing the safety number again.
    IdentityReset { identity: IkHash, verified: bool },
    /// The other person's identity key was replaced, and the replaced one signed for that.
    NewIdentity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyView {
    pub place: u8,
    /// Milliseconds since 1970, by the relay's clock.
    pub added_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub id: MessageId,
    pub mine: bool,
    pub author: String,
    pub body: BodyView,
    /// The message that it answers.
    pub quote: Option<Quote>,
    /// What its author put in place of its text, oldest first, after the text that it had at first; empty if nothing.
    pub texts: Vec<Version>,
    pub reactions: Vec<Reaction>,
    /// The writer's clock, milliseconds since 1970. Shown, never trusted.
    pub sent_ms: u64,
    /// Place in the conversation, ascending: as in one's mailbox, but each writer's messages in the order of their writing;
    /// what is not yet sent comes last.
    pub order: u64,
    pub state: MessageState,
}

impl core::fmt::Debug for MessageView {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MessageView({:?}, {:?}, ..)", self.id, self.state)
    }
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyView {
    Text(String),
    /// Its author has deleted it.
    Deleted,
    /// Written by a newer version than this one; authentic, but of a kind that this version cannot show.
    Unsupported,
}

/// A message that another one answers, as it is now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// `None`: not here.
    pub id: Option<MessageId>,
    pub mine: bool,
    pub author: String,
    /// The first 120 characters on one line.
    pub text: String,
    pub deleted: bool,
}

/// A text that a message had.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    pub text: String,
    /// Milliseconds since 1970, by its author's clock.
    pub sent_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub emoji: String,
    /// It is this person's own.
    pub mine: bool,
    /// Whose.
    pub author: String,
}

/// Something to say about a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saying {
    /// In place of what one said before; empty to take it back.
    React(String),
    Edit(String),
    /// To everybody.
    Delete,
}

/// States of one's own message; those of others are `Received`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageState {
    /// In the outbox.
    Sending,
    /// The relay has it on disk.
    Sent,
    /// A reader's browser has opened it, and said so under seal.
    Delivered,
    /// The reader has seen it, and said so under seal.
    Read,
    Failed(FailedBecause),
    Received,
}

/// Messages of a conversation, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub messages: Vec<MessageView>,
    /// There are older ones.
    pub more: bool,
    /// The newest message that had been seen when the page was read: the unread line goes below it.
    pub read_upto: Option<MessageId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub username: String,
    pub account: AccountId,
    /// 60 digits in 12 groups of 5, one space between.
    pub safety_number: String,
    /// What this person shows to the other's camera, for a QR code (265 characters of its alphanumeric set).
    pub code: String,
    /// How many key statements of this person have been checked.
    pub statements: u64,
    pub verified: Verified,
}

/// Whether the person has compared someone's identity with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verified {
    No,
    /// At this time, milliseconds since 1970.
    Yes {
        at_ms: u64,
    },
    /// It was compared; since then the identity key has been replaced, and the replaced one signed for that.
    Before {
        at_ms: u64,
    },
}

/// What the account's owner sees of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub username: String,
    /// Signed in here with the recovery key, and the password not replaced since.
    pub by_recovery_key: bool,
    /// Others hear what has been read here, and what they have read is shown.
    pub read_receipts: bool,
    pub recovery: RecoveryStatus,
    pub backup: BackupDates,
    /// When the key that others write for is renewed by itself, milliseconds since 1970.
    pub keys_until_ms: u64,
    /// It has begun anew at some time.
    pub begun_anew: bool,
    /// Its password needs a secret key beside it.
    pub secret_key: bool,
    /// Signing out leaves it in this browser.
    pub secret_key_stays: bool,
}

/// Milliseconds since 1970, by the clocks of the browsers in which it happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryStatus {
    pub made_ms: u64,
    /// The person has said so.
    pub saved_ms: Option<u64>,
    /// It was typed in and opened the account.
    pub tested_ms: Option<u64>,
}

/// One of the account's sessions, as the relay tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    pub handle: [u8; 16],
    pub browser: BrowserFamily,
    pub system: SystemFamily,
    /// Milliseconds since 1970, by the relay's clock, as is `used_ms`.
    pub created_ms: u64,
    /// The last use may be up to an hour later.
    pub used_ms: u64,
    /// This browser's own.
    pub current: bool,
}
