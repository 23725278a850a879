use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{BackupTrouble, SecretKeyTrouble};

/// Why a question could not be answered. The page has a sentence with cause and cure for each; the texts here are for
/// programs and logs, and hold nothing that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum Trouble {
    /// Code that is fetched when it is first wanted.
    #[error("a part of the program could not be fetched")]
    NotFetched,
    #[error("the username is not well formed")]
    BadUsername,
    #[error("the password is too short or too long")]
    BadPassword,
    #[error("the username is taken")]
    UsernameTaken,
    #[error("the username or the password is wrong")]
    LoginFailed,
    #[error("the username or the recovery key is wrong")]
    RecoveryKeyFailed,
    #[error("this passkey opens no account here")]
    PasskeyFailed,
    #[error("that has not the form of a recovery key, or a character of it is wrong")]
    BadRecoveryKey,
    #[error("that is a recovery key, where a password was asked for")]
    IsRecoveryKey,
    #[error("the login is too long ago for this")]
    LoginTooOld,
    #[error("another browser has changed the same thing meanwhile")]
    ChangedElsewhere,
    #[error("what was shown is not what is there now")]
    NotAsRead,
    #[error("the code is {0}")]
    Code(CodeTrouble),
    #[error("nobody has this username")]
    NoSuchUser,
    #[error("that is this account itself")]
    Yourself,
    #[error("too many tries; again in {after_s} seconds")]
    TooMany { after_s: u32 },
    #[error("the relay cannot be reached")]
    Unreachable,
    #[error("the relay's store is full or broken")]
    RelayStore,
    #[error("the relay answered something that cannot be read")]
    RelayNonsense,
    #[error("the relay does not take new accounts")]
    RegistrationClosed,
    #[error("this page is at another address than the relay's own, {public_url}")]
    WrongOrigin { public_url: String },
    #[error("the key-stretching profile that the relay names is unknown or too weak")]
    WeakProfile,
    #[error("the stored keys do not open: altered, or not this account's")]
    KeystoreDamaged,
    #[error("the stored keys or state are older than what this browser has seen")]
    RolledBack,
    #[error("a key statement does not verify")]
    BadStatement,
    #[error("someone else's key log does not continue the one seen before")]
    KeyLogForked,
    #[error("someone else's identity key was replaced without the old one's word")]
    IdentityReset,
    #[error("more than one account has this name")]
    Namesake,
    #[error("no more contacts can be kept")]
    Full,
    #[error("the text is empty or above {} characters", signet_shared::limits::TEXT_CHARS)]
    BadText,
    #[error("there is no such conversation or message")]
    NotFound,
    #[error("nobody is signed in here")]
    SignedOut,
    #[error("the session was ended or has expired")]
    SessionEnded,
    #[error("the account is deleted, as its owner asked")]
    Deleted,
    #[error("this browser's storage cannot be written: {reason}")]
    Storage { reason: String },
    #[error("stopped at your request")]
    Cancelled,
    #[error("something else is already running")]
    Busy,
    #[error("{messages} messages and {drafts} drafts are in this browser alone")]
    Unsent { messages: u32, drafts: u32 },
    #[error("messages or drafts may be in this browser alone")]
    MaybeUnsent,
    #[error("messages or drafts of another account may be in this browser alone")]
    OthersUnsent { username: String },
    #[error("another tab runs another version of this site")]
    OtherVersion,
    #[error("the backup: {0}")]
    Backup(BackupTrouble),
    #[error("that has not the form of a one-time code")]
    BadCode,
    #[error("the one-time code is wrong, was used before, or is out of date")]
    CodeFailed,
    #[error("the wait before the account can start anew is not over")]
    TooEarly,
    #[error("a signed-in browser refused that the account starts anew")]
    AnewRefused,
    #[error("there is no such request to start anew any more")]
    AnewGone,
    #[error("this browser waits for the account to start anew")]
    AnewWaits,
    #[error("the secret key: {0}")]
    SecretKey(SecretKeyTrouble),
    #[error("a fault in the vault: {code}")]
    Fault { code: String },
}

/// What is wrong with a code that was read off a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum CodeTrouble {
    #[error("not one of Signet's")]
    NotOurs,
    #[error("of another version")]
    OtherVersion,
    #[error("what this person shows, not the other")]
    Own,
    #[error("of another pair of people")]
    OtherPair,
    /// Somebody may stand between the two.
    #[error("of other identity keys than are known here")]
    OtherKeys,
    /// Honest where one side has not seen the newest.
    #[error("of another state of the same identities' keys")]
    OtherState,
}

/// Why a message could not be sent, and will not be tried again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedBecause {
    /// The relay says that a reader's account is gone.
    NoSuchAccount,
    TooLarge,
    /// The relay refused it as malformed or not ours: a fault of one side.
    Refused,
    /// Sending to this person is blocked by a warning.
    Blocked,
}
