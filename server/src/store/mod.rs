//! What the relay keeps, by concern. `memory` is the meaning, `sqlite` the default, `postgres` for many; `conformance` holds every method of
//! every store to the same words. Nothing here verifies a signature or could open a message: clients do.

mod anew;
#[cfg(test)]
mod conformance;
mod letter;
mod memory;
mod postgres;
mod secrets;
mod sessions;
mod sqlite;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use sha2::{Digest, Sha256};
use signet_shared::{AccountId, api::Who, opaque::SecretKind, wire::Refusal};
use thiserror::Error;
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

pub(crate) use anew::{Anew, AnewRequest, BegunAnew, Earlier, NewIdentity, NewRequest, Right, SecretHash, Stand};
pub(crate) use letter::Letter;
pub(crate) use memory::Memory;
pub(crate) use postgres::Postgres;
pub use postgres::PostgresUrl;
pub(crate) use secrets::{Pending, PendingId, Replace, ReplaceKeys, Rescue, Secrets};
pub(crate) use sessions::{EndedSessions, Horizon, NewSession, Replaced, Session, Sessions, Share, TokenHash};
pub(crate) use sqlite::Sqlite;

/// Milliseconds since 1970, by the relay's clock.
pub(crate) type Millis = u64;
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Why a store did not do what it was asked. Nothing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum StoreError {
    #[error("the username is taken")]
    UsernameTaken,
    #[error("there is no such account")]
    NoSuchAccount,
    #[error("there is no such session")]
    NoSession,
    #[error("the session was opened by a secret that has been replaced since")]
    SecretReplaced,
    #[error("another envelope has this place")]
    PlaceTaken,
    #[error("the version is another")]
    VersionConflict,
    #[error("there is no such thing")]
    NotFound,
    #[error("there are too many already")]
    TooMany,
    #[error("its time has not come")]
    TooEarly,
    #[error("a session has refused it")]
    Refused,
    /// Full, locked, or failing; the cause is logged where it was met.
    #[error("the store cannot be used")]
    Unavailable,
    #[error("a stored row makes no sense")]
    Corrupt,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::UsernameTaken => Self::UsernameTaken,
            StoreError::NoSuchAccount => Self::NoSuchAccount,
            StoreError::NoSession => Self::SignedOut,
            StoreError::SecretReplaced => Self::LoginTooOld,
            StoreError::PlaceTaken => Self::PlaceTaken,
            StoreError::VersionConflict => Self::VersionConflict,
            StoreError::NotFound => Self::NotFound,
            StoreError::TooMany => Self::TooMany,
            StoreError::TooEarly => Self::TooEarly,
            StoreError::Refused => Self::AnewRefused,
            StoreError::Unavailable | StoreError::Corrupt => Self::StoreUnavailable,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    pub(crate) account: AccountId,
    /// In lower case.
    pub(crate) username: String,
    /// What would stand in the place of the name if an account that had it was deleted.
    pub(crate) mark: String,
    pub(crate) profile: u8,
    pub(crate) password: NewAccess,
    pub(crate) recovery: NewAccess,
    pub(crate) statement: Vec<u8>,
    pub(crate) keystore: Vec<u8>,
    pub(crate) state: Vec<u8>,
    pub(crate) now: Millis,
}

#[derive(Debug, Clone)]
pub(crate) struct NewAccess {
    pub(crate) record: Vec<u8>,
    pub(crate) slot: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Created {
    Now,
    /// By the same request a moment ago, whose answer was lost.
    Before,
}

/// How long the same registration again is taken for a repeated one. Later it is not, since whoever stole a copy of the
/// database could make the request from it, and would have a session.
const REPEAT: Millis = 60 * 60 * 1000;

impl NewAccount {
    /// Whether this is the request that made `old`, byte for byte. Digests are compared, which tell a clock nothing about
    /// the bytes.
    fn repeats(&self, old: &Self) -> bool {
        self.now.saturating_sub(old.now) < REPEAT && self.digest() == old.digest()
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let parts = [
            self.account.as_bytes(),
            self.username.as_bytes(),
            &[self.profile],
            &self.password.record,
            &self.password.slot,
            &self.recovery.record,
            &self.recovery.slot,
            &self.statement,
            &self.keystore,
            &self.state,
        ];
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }
}

/// What a login needs of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) account: AccountId,
    pub(crate) profile: u8,
    pub(crate) record: Vec<u8>,
    /// Counts the secrets of this kind that the account has had, from [`FIRST_VERSION`].
    pub(crate) version: u64,
}

pub(crate) const FIRST_VERSION: u64 = 1;

/// A sealed object and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) version: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What an account's next statement names, and that statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewKeys {
    /// The keystore's version that this one was made from.
    pub(crate) expected: u64,
    pub(crate) keystore: Vec<u8>,
    /// The statement's place, from 1.
    pub(crate) seq: u64,
    pub(crate) statement: Vec<u8>,
}

/// What a signed-in browser opens its account with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vault {
    /// Of the secret that opened the session; empty once another session has replaced that one.
    pub(crate) slot: Vec<u8>,
    pub(crate) keystore: Object,
    pub(crate) state: Object,
    pub(crate) statements: Vec<Vec<u8>>,
}

/// Where an envelope lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// In the sender's own mailbox.
    pub(crate) seq: u64,
    pub(crate) received: Millis,
}

/// One message of a mailbox, in its three stored parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) received: Millis,
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) header: Vec<u8>,
    pub(crate) slip: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// A row of a mailbox: `None` where the stored row cannot be read.
pub(crate) type Row = (u64, Option<Item>);

/// A message that is on disk since a moment ago.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    pub(crate) letter: Arc<Letter>,
    pub(crate) received: Millis,
    /// The place in each reader's mailbox, in the order of the letter's slips.
    pub(crate) seqs: Vec<u64>,
}

/// Told of every batch after its commit, in the order of every mailbox.
pub(crate) trait OnCommit: Send + Sync {
    fn committed(&self, batch: Vec<Committed>);
}

pub(crate) trait Accounts {
    /// The account, its two ways in, its first statement and its sealed objects: all or nothing. The same again, soon and
    /// before anything of it has changed, changes nothing and is no error.
    fn create(&self, new: NewAccount) -> Answer<'_, Created>;
    fn is_free(&self, username: &str) -> Answer<'_, bool>;
    /// Whether anybody has registered yet.
    fn any(&self) -> Answer<'_, bool>;
    fn username(&self, account: AccountId) -> Answer<'_, String>;
    fn credential(&self, username: &str, kind: SecretKind) -> Answer<'_, Option<Credential>>;
    /// Deletes the account of this session; answers its sessions, which are no more. What stays: `mark` in the place of its
    /// name, which nobody gets again; of what others have in common with it, their own copies, and for these its id and its
    /// statements.
    fn delete(&self, token: TokenHash, mark: String) -> Answer<'_, Vec<TokenHash>>;
}

pub(crate) trait Directory {
    /// An account's statements above `after`, first to last.
    fn statements(&self, who: Who, after: u64) -> Answer<'_, Vec<Vec<u8>>>;
}

/// The versions of an account's sealed objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) keystore: u64,
    pub(crate) state: u64,
}

pub(crate) trait Objects {
    /// What the browser of this session opens its account with, all as of one moment.
    fn vault(&self, token: TokenHash) -> Answer<'_, Vault>;
    fn versions(&self, account: AccountId) -> Answer<'_, Versions>;
    /// Stores the sealed state if the stored version is `expected`; answers the new version.
    fn put_state(&self, account: AccountId, expected: u64, state: Vec<u8>) -> Answer<'_, u64>;
    /// Stores keystore and statement, both or neither, if they follow from what is stored; answers the keystore's new
    /// version. The same again, while nothing newer is stored, changes nothing and is no error.
    fn put_keys(&self, account: AccountId, keys: NewKeys) -> Answer<'_, u64>;
}

pub(crate) trait Mailbox {
    /// Puts a message into the mailbox of each of its readers, or into none. The same again changes nothing and is
    /// answered as it was the first time. Takes its place in the order when called, not when polled.
    fn append(&self, letter: Arc<Letter>, now: Millis) -> Answer<'static, Placed>;
    /// The highest number of a mailbox, 0 if it is empty.
    fn head(&self, account: AccountId) -> Answer<'_, u64>;
    /// The rows above `after`, ascending: some of them, at least one if there is any.
    fn page(&self, account: AccountId, after: u64) -> Answer<'_, Vec<Row>>;
    /// Keeps the history record of a message. The first one stays.
    fn keep(&self, account: AccountId, seq: u64, record: Vec<u8>) -> Answer<'_, ()>;
}

pub(crate) trait Upkeep {
    /// Whether the store can be read and written now.
    fn check(&self) -> Answer<'_, ()>;
    /// Finishes what was begun; nothing is taken after it.
    fn close(&self) -> BoxFuture<'_, ()>;
}

pub(crate) trait Store:
    Accounts + Sessions + Secrets + Anew + Directory + Objects + Mailbox + Upkeep + Send + Sync
{
}

impl<T: Accounts + Sessions + Secrets + Anew + Directory + Objects + Mailbox + Upkeep + Send + Sync> Store for T {}

/// A page of a backlog: enough rows to fill a few packets, never so many bytes that a slow reader costs memory.
const PAGE_ROWS: usize = 128;
const PAGE_BYTES: usize = 256 * 1024;

/// Hands a job to the writer, at once and not when the answer is first waited for: so two messages of one connection keep
/// their order however their answers are polled. The answer comes after the commit.
fn ask<T: Send + 'static, J: Send + 'static>(
    queue: &mpsc::Sender<J>,
    job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> J,
) -> Answer<'static, T> {
    let (reply, answer) = oneshot::channel();
    let queue = queue.clone();
    let queued = queue.try_send(job(reply));
    async move {
        match queued {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => queue.send(job).await.map_err(|_| StoreError::Unavailable)?,
            Err(TrySendError::Closed(_)) => return Err(StoreError::Unavailable),
        }
        answer.await.map_err(|_| StoreError::Unavailable)?
    }
    .boxed()
}
