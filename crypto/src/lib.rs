//! Seal, open, keys, statements: Signet's formats. Pure: no I/O, no clock; the caller passes the random numbers.
//!
//! | module | what it makes of what |
//! |---|---|
//! | `make`, `keys`, `der` | random numbers -> RSA keys, step by step; their public halves and ids |
//! | `statement` | signed key statements -> [`VerifiedAccount`], the only form in which a contact's keys are used |
//! | `seal` | text and verified readers -> [`SealedMessage`] |
//! | `open` | bytes -> [`Incoming`] -> [`Authentic`] -> [`Message`] |
//! | `opaque`, `recovery` | a secret -> [`ExportKey`], without the relay learning it |
//! | `secret_key` | what may be needed beside the password; never a part of what the relay is sent |
//! | `master` | [`ExportKey`] and [`SecretKey`] -> [`UnlockKey`] -> [`MasterKey`] -> one key per purpose |
//! | `sealed`, `keystore`, `history` | everything that rests on the relay besides messages |
//! | `backup` | an account's records -> a file under a password of its own, and back, one chunk at a time |
//! | `safety`, `qr` | two accounts -> sixty digits to compare, and a text for a camera to compare |
//!
//! Every byte is specified in [`mod@format`].

#[cfg(test)]
mod ablation;
mod backup;
mod der;
mod history;
mod inner;
mod keys;
mod keystore;
mod make;
mod master;
mod opaque;
mod open;
mod padding;
mod primitives;
mod qr;
mod recovery;
mod safety;
mod seal;
mod sealed;
mod secret_key;
#[cfg(any(test, feature = "self-test"))]
pub mod self_test;
mod statement;
mod symbols;

#[doc = include_str!("../FORMAT.md")]
pub mod format {}

pub use backup::{
    BACKUP_HEADER, BackupContact, BackupCost, BackupError, BackupHeader, BackupKey, BackupKeystore, BackupMessage,
    BackupReader, BackupRecord, BackupState, BackupSummary, BackupWriter, Doubts, Flaw,
};
pub use history::{open_record, seal_record};
pub use inner::{Content, Inner, SeenRow};
pub use keys::{ContentKey, DecryptionKey, EncryptionPublic, IdentityKey, IdentityPublic, KeyError};
pub use keystore::{
    Former, Keyring, next_keystore_len, object_hash, open_keystore, open_keystore_chained, renewed_keystore_len,
    seal_keystore,
};
pub use make::{KeyMaker, Making, NewKeys};
pub use master::{LocalShares, MasterKey, UnlockKey, asked_by_slot};
pub use opaque::{ExportKey, Login, OpaqueError, Registration};
pub use open::{Authentic, Incoming, Message, Refused, View};
pub use qr::{CodeError, check_code, code_text};
pub use recovery::{RecoveryKey, RecoveryKeyError, looks_like_recovery_key};
pub use safety::safety_number;
pub use seal::{Address, SealError, SealedMessage, Sender, seal_message};
pub use sealed::{Aad, ObjectKey, OpenError, Purpose, open_object, seal_object};
pub use secret_key::{SecretKey, SecretKeyError, SecretKeyId, looks_like_secret_key};
pub use statement::{StatementError, VerifiedAccount, make_first_statement, make_next_statement};
