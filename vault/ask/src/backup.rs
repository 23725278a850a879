//! A backup crosses between page and vault in parts, each asked for: so neither holds more than one, and either can stop.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bytes of a file that the vault wants to see before it asks for the backup password's cost.
pub const BACKUP_HEAD: u64 = 118;
/// Bytes of a file that a page hands over at once, at most.
pub const BACKUP_PIECE: u64 = 256 * 1024;

/// A step of one run. A run that begins ends the one before it.
#[derive(Clone, Serialize, Deserialize)]
pub enum BackupStep {
    /// Begins a new file; answered with its first part. `messages`: not the keys alone.
    Write { password: String, messages: bool },
    /// The new file's next part, whose first byte is byte `at` of the file.
    More { at: u64 },
    /// Begins to read the file that begins with `head`: its first [`BACKUP_HEAD`] bytes, or all of a shorter one.
    Read { password: String, head: Vec<u8>, goal: BackupGoal },
    /// The file's bytes from `at` on, at most [`BACKUP_PIECE`]; none where the file ends. The answer to those has the
    /// report.
    Feed { at: u64, bytes: Vec<u8> },
    /// Whatever was begun leaves nothing behind.
    Cancel,
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BackupGoal {
    /// To say whether it is whole. Needs no account, as does opening it.
    Test,
    /// To add what is not here.
    Import,
    /// To show what is in it, until the run is cancelled or another begins. Nothing is added or stored.
    Open,
}

/// A conversation in a backup that was opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedConversation {
    /// The other person's username; empty if the file does not name them.
    pub title: String,
    pub messages: u32,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedMessage {
    pub mine: bool,
    /// By its writer's clock, milliseconds since 1970.
    pub sent_ms: u64,
    /// None of a kind that this version cannot show.
    pub text: Option<String>,
}

impl core::fmt::Debug for OpenedConversation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpenedConversation({} messages)", self.messages)
    }
}

impl core::fmt::Debug for OpenedMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("OpenedMessage(..)")
    }
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPart {
    /// Of a new file.
    pub bytes: Vec<u8>,
    /// How much of a new file is written, in hundredths.
    pub percent: u8,
    /// That was all.
    pub report: Option<BackupReport>,
}

impl core::fmt::Debug for BackupPart {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "BackupPart({} bytes, {} %, {:?})", self.bytes.len(), self.percent, self.report)
    }
}

/// What a backup holds, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Whose it is.
    pub username: String,
    /// When it was made, by the clock of who made it, milliseconds since 1970.
    pub created_ms: u64,
    pub conversations: u32,
    pub messages: u32,
    /// The oldest message's time, by its writer's clock.
    pub oldest_ms: Option<u64>,
    /// What an import has added here.
    pub new_conversations: u32,
    pub new_messages: u32,
    /// Messages that could not be written or added: of a kind that this version cannot show, of a conversation that is
    /// not in the file or for which there is no room, or in a place where another message is.
    pub left_out: u32,
    /// While it was written, the relay had more for this browser, or could not be asked.
    pub behind: bool,
}

/// When this browser made and tested a backup last, milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDates {
    pub made_ms: Option<u64>,
    pub tested_ms: Option<u64>,
}

/// Why a file was not taken, each with another cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum BackupTrouble {
    #[error("the file is no backup")]
    NotABackup,
    #[error("it was made by a newer version")]
    NewerVersion,
    #[error("it ends too early")]
    CutShort,
    #[error("it is damaged")]
    Altered,
    #[error("its backup password is protected too weakly")]
    TooWeak,
    #[error("trying its backup password would cost too much")]
    TooCostly,
    #[error("there is not enough memory to try its backup password")]
    NoMemory,
    #[error("the backup password does not fit")]
    WrongPassword,
    #[error("what it holds does not fit together")]
    Content,
    #[error("its account did not sign it")]
    Unsigned,
    #[error("it is another account's")]
    OtherAccount,
    /// Another run took this one's place, or the vault is another than the one that began it.
    #[error("it was interrupted")]
    Interrupted,
}
