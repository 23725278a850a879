//! The exported backup, a file that opens with a password of its own and needs no relay.
//!
//! | part | what it does |
//! |---|---|
//! | `header` | the file's first 118 bytes: parameters, whose it is, and the check of the backup password |
//! | `record` | what the file holds: account, keystore, statements, contacts, messages |
//! | `course` | the order in which it holds them, and what they must agree on |
//! | `writer` | records -> file, one chunk at a time |
//! | `reader` | file -> records, one chunk at a time |
//!
//! Every byte is in FORMAT.md, section 14.

mod course;
mod header;
mod reader;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use thiserror::Error;

pub use header::{BACKUP_HEADER, BackupCost, BackupHeader, BackupKey};
pub use reader::{BackupReader, BackupSummary};
#[cfg(any(test, feature = "self-test"))]
pub(crate) use record::end;
pub use record::{BackupContact, BackupKeystore, BackupMessage, BackupRecord, BackupState, Doubts};
pub use writer::BackupWriter;

/// The purpose of a chunk's seal.
const PURPOSE: &str = "backup";
/// What the identity key signs at the end of the file.
const SIGNED: &str = "sig backup";
/// `final u8 | len u32`
const CHUNK_HEAD: usize = 5;
/// `n_chunks u64 | root[32] | sig[384]`
const FOOTER: usize = 8 + 32 + SIG;
const SIG: usize = 384;

/// Why a file is not taken, each with another cause and another cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BackupError {
    #[error("the file is no backup")]
    NotABackup,
    #[error("the backup was made by a newer version")]
    NewerVersion,
    #[error("the backup ends too early")]
    CutShort,
    /// Damaged or changed by someone who does not know the backup password.
    #[error("the backup is damaged")]
    Altered,
    #[error("the backup password is protected too weakly")]
    TooWeak,
    #[error("trying the backup password would cost too much")]
    TooCostly,
    #[error("there is not enough memory to try the backup password")]
    NoMemory,
    /// Or someone has changed the header on purpose and made its checksum anew: the two can't be told apart.
    #[error("the backup password does not fit")]
    WrongBackupPassword,
    /// The backup password fits, and still what is inside does not fit together: a fault of the program that wrote it, or
    /// someone who knows the password.
    #[error("what the backup holds does not fit together")]
    Content(Flaw),
    /// As [`Self::Content`]: the account did not sign this file. (Or its last 384 bytes are damaged.)
    #[error("the backup is not signed by its account")]
    Signature,
}

/// What is wrong with the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// A record's bytes, or its length.
    Record,
    /// Records in another order, twice, or missing.
    Order,
    /// The file, the account record and the statements do not name the same account.
    Account,
    /// A chain of statements does not verify, or does not lead to its pin.
    Statements,
    /// The keystore does not open, or its keys are not those of the statements.
    Keys,
    /// The last record counts otherwise.
    Count,
}
