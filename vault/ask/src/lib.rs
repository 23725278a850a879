//! The contract between page and vault. The page asks; the vault, which alone holds keys and opened messages, answers and
//! reports events. There is no question that returns a key; what crosses for its owner to save is the recovery key,
//! once, when it is made, and the secret key, by which alone nothing opens.
//!
//! Both sides speak [`postcard`] over `postMessage`: [`ToVault`] one way, [`FromVault`] the other.

mod anew;
mod archive;
mod backup;
mod event;
mod packed;
mod question;
mod secret_key;
mod trouble;
mod view;

pub use anew::{AnewNotice, AnewStand, AnewView};
pub use archive::{ArchiveEnd, ArchivePart};
pub use backup::{
    BACKUP_HEAD, BACKUP_PIECE, BackupDates, BackupGoal, BackupPart, BackupReport, BackupStep, BackupTrouble,
    OpenedConversation, OpenedMessage,
};
pub use event::{Event, Progress, Task};
pub use packed::Packed;
pub use question::*;
pub use secret_key::{RescueKeys, SecretKeyStep, SecretKeyText, SecretKeyTrouble, SecretKeyView};
pub use trouble::{CodeTrouble, FailedBecause, Trouble};
pub use view::*;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Raised with every change of what is said here: tabs of two versions of the site cannot read each other.
pub const CONTRACT: u8 = 18;

/// A question with the type of its answer.
pub trait Ask: Into<Question> {
    type Answer: Serialize + DeserializeOwned + 'static;
}

/// What the page posts.
#[derive(Debug, Serialize, Deserialize)]
pub struct ToVault {
    /// Chosen by the page, unique within it; comes back with the answer.
    pub ask_id: u32,
    pub question: Question,
}

/// What the vault posts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FromVault {
    Answer {
        ask_id: u32,
        /// The postcard encoding of `Result<A::Answer, Trouble>` for the question `A` that was asked.
        result: Vec<u8>,
    },
    Event(Event),
}

/// The share of this browser's local slot that lives in a tab's `sessionStorage`. Useless alone.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabShare(pub [u8; 32]);

impl core::fmt::Debug for TabShare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TabShare(..)")
    }
}

/// Drawn by the worker of the tab that asks for what can be done only once, and with the question whenever it is asked: if
/// the worker that led is gone, the next one makes the same recovery key, and looks whether the first has done it already.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// 32 random bytes that become the recovery key, if one is made.
    pub recovery: [u8; 32],
    /// Asked before, of a worker that has not answered.
    pub again: bool,
}

impl core::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// Encodes anything of the contract.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to a growing vector fails only if a type of the contract cannot be serialised at all, which its tests show.
    postcard::to_allocvec(value).unwrap_or_default()
}

/// Decodes what [`encode`] made; `None` for anything else.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// The answer's bytes for [`FromVault::Answer`].
pub fn encode_answer<A: Ask>(result: &Result<A::Answer, Trouble>) -> Vec<u8> {
    encode(result)
}
