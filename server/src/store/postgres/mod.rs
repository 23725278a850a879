//! PostgreSQL: messages go through one connection, in transactions that gather whatever was asked meanwhile; what is read, and
//! every change of an account, has one of a pool. Any number of nodes may do so on one database: what must not cross is
//! ordered by locks on rows (`lock`, `append`).

mod anew;
mod append;
mod change;
mod connect;
mod delete;
mod keys;
mod lock;
mod passkeys;
mod read;
mod receive;
mod rows;
mod secrets;
mod sessions;
mod trouble;
mod writer;

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use signet_shared::{
    AccountId,
    api::{AnewId, WhichSessions, Who},
    opaque::{PasskeyPlace, SecretKind},
};
use sqlx::{Connection, PgConnection, PgPool, Postgres as Database, pool::PoolConnection};
use tokio::sync::{mpsc, oneshot};

pub use self::connect::PostgresUrl;
use self::writer::{Job, Writer};
use super::{
    Accounts, Anew, AnewRequest, Answer, BegunAnew, Created, Credential, Directory, Earlier, EndedSessions, Horizon,
    Letter, Mailbox, Millis, NewAccount, NewIdentity, NewKeys, NewRequest, NewSession, Objects, OnCommit, Pending,
    Placed, Replace, Rescue, Row, SecretHash, Secrets, Session, Sessions, Share, StoreError, TokenHash, Upkeep, Vault,
    Versions, ask,
};
use crate::{config::ConfigError, random};

/// Jobs that may wait for the writer; beyond it, whoever asks waits.
const QUEUE: usize = 4096;
/// How long the database may be away, for instance while it restarts, before whoever waits for it is told so.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a change is tried again that another transaction was in the way of.
const TRIES: usize = 10;

pub(crate) struct Postgres {
    pool: PgPool,
    messages: mpsc::Sender<Job>,
}

impl Postgres {
    /// Connects to the database and brings its tables up to date.
    pub(crate) async fn open(url: &PostgresUrl, bell: Arc<dyn OnCommit>) -> Result<Self, ConfigError> {
        Self::open_with(url, bell, PATIENCE).await
    }

    pub(super) async fn open_with(
        url: &PostgresUrl,
        bell: Arc<dyn OnCommit>,
        patience: Duration,
    ) -> Result<Self, ConfigError> {
        let trouble = |error: sqlx::Error| ConfigError(format!("the database {url} cannot be used: {error}"));
        if connect::is_in_the_open(url) {
            tracing::warn!("the way to the database is not sealed: add sslmode=verify-full to --database-url");
        }
        // The pool waits for a server that is still starting, so that it goes first.
        let pool = connect::pool(url, patience).await.map_err(trouble)?;
        connect::examine(&pool, url).await?;
        connect::migrate(url).await.map_err(trouble)?;
        let writer = Writer::new(url.clone(), patience, bell);
        let (messages, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(writer.run(jobs));
        Ok(Self { pool, messages })
    }

    /// Keeps a one-time code from another process than the relay's.
    pub(crate) async fn put_code_beside(
        url: &PostgresUrl,
        username: &str,
        code: SecretHash,
        expires: Millis,
    ) -> Result<(), StoreError> {
        let put = async {
            let mut connection = sqlx::ConnectOptions::connect(url.options()).await?;
            let put = anew::put_code(&mut connection, username, code, expires).await;
            connection.close().await?;
            put
        };
        Ok(put.await?)
    }

    /// A change in a transaction of its own. Once begun it is carried to its end, whoever waits for it; where another
    /// transaction was in the way, it is made again.
    fn change<'a, T, F>(&'a self, run: F) -> Answer<'a, T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Failed>> + Send + Sync + 'static,
    {
        async move {
            let connection = self.pool.acquire().await.map_err(Failed::from)?;
            let made = tokio::spawn(make(connection, run)).await;
            Ok(made.map_err(|_| StoreError::Unavailable)??)
        }
        .boxed()
    }
}

async fn make<T, F>(mut connection: PoolConnection<Database>, run: F) -> Result<T, Failed>
where
    F: for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Failed>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        match make_once(&mut connection, &run).await {
            Err(Failed::Database(error)) if trouble::is_in_the_way(&error) && tries < TRIES => {}
            Err(Failed::Database(error)) => {
                // What became of the transaction is not known here: the connection is not used again.
                connection.close().await.ok();
                return Err(error.into());
            }
            made => return made,
        }
    }
}

async fn make_once<T, F>(connection: &mut PgConnection, run: &F) -> Result<T, Failed>
where
    F: for<'c> Fn(&'c mut PgConnection) -> BoxFuture<'c, Result<T, Failed>>,
{
    let mut transaction = connection.begin().await?;
    match run(&mut transaction).await {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(failed) => {
            transaction.rollback().await?;
            Err(failed)
        }
    }
}

/// Either the answer or the database's trouble, which is logged where it is met and leaves as "unavailable".
#[derive(Debug)]
enum Failed {
    Answer(StoreError),
    Database(sqlx::Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Answer(error)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Answer(error) => error,
            Failed::Database(error) => {
                trouble::log(&error);
                Self::Unavailable
            }
        }
    }
}

impl Accounts for Postgres {
    fn create(&self, new: NewAccount) -> Answer<'_, Created> {
        self.change(move |c| change::create(c, new.clone()).boxed())
    }

    fn is_free(&self, username: &str) -> Answer<'_, bool> {
        let username = username.to_owned();
        async move { Ok(read::is_free(&self.pool, &username).await?) }.boxed()
    }

    fn any(&self) -> Answer<'_, bool> {
        async move { Ok(read::any(&self.pool).await?) }.boxed()
    }

    fn username(&self, account: AccountId) -> Answer<'_, String> {
        async move { Ok(read::username(&self.pool, account).await?) }.boxed()
    }

    fn credential(&self, username: &str, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        let username = username.to_owned();
        async move { Ok(read::credential(&self.pool, &username, kind).await?) }.boxed()
    }

    fn delete(&self, token: TokenHash, mark: String) -> Answer<'_, Vec<TokenHash>> {
        // In place of the id of an account that nobody has anything in common with.
        let other = random::bytes();
        self.change(move |c| delete::delete(c, token, mark.clone(), other).boxed())
    }
}

impl Sessions for Postgres {
    fn open(&self, new: NewSession, instead: Option<TokenHash>) -> Answer<'_, ()> {
        self.change(move |c| sessions::open(c, new, instead).boxed())
    }

    fn session(&self, token: TokenHash) -> Answer<'_, Option<Session>> {
        async move { Ok(sessions::session(&self.pool, token).await?) }.boxed()
    }

    fn sessions(&self, account: AccountId) -> Answer<'_, Vec<(TokenHash, Session)>> {
        async move { Ok(sessions::sessions(&self.pool, account).await?) }.boxed()
    }

    fn touch(&self, token: TokenHash, now: Millis) -> Answer<'_, ()> {
        self.change(move |c| sessions::touch(c, token, now).boxed())
    }

    fn end(&self, token: TokenHash) -> Answer<'_, ()> {
        self.change(move |c| sessions::end(c, token).boxed())
    }

    fn end_which(&self, by: TokenHash, which: WhichSessions, alive: Horizon) -> Answer<'_, EndedSessions> {
        self.change(move |c| sessions::end_which(c, by, which, alive).boxed())
    }

    fn expire(&self, used_before: Millis, created_before: Millis) -> Answer<'_, u64> {
        self.change(move |c| sessions::expire(c, used_before, created_before).boxed())
    }

    fn take_shares(&self, token: TokenHash, next: Share) -> Answer<'_, Vec<Share>> {
        self.change(move |c| sessions::take_shares(c, token, next).boxed())
    }

    fn confirm_share(&self, token: TokenHash, keep: Share) -> Answer<'_, ()> {
        self.change(move |c| sessions::confirm_share(c, token, keep).boxed())
    }
}

impl Secrets for Postgres {
    fn put_pending(&self, token: TokenHash, kind: SecretKind, pending: Pending) -> Answer<'_, ()> {
        self.change(move |c| secrets::put_pending(c, token, kind, pending.clone()).boxed())
    }

    fn pending(&self, token: TokenHash, kind: SecretKind) -> Answer<'_, Option<Pending>> {
        async move { Ok(secrets::pending(&self.pool, token, kind).await?) }.boxed()
    }

    fn replace(&self, replace: Replace) -> Answer<'_, EndedSessions> {
        self.change(move |c| secrets::replace(c, replace.clone()).boxed())
    }

    fn rescue(&self, rescue: Rescue) -> Answer<'_, EndedSessions> {
        self.change(move |c| secrets::rescue(c, rescue.clone()).boxed())
    }

    fn passkeys(&self, account: AccountId) -> Answer<'_, Vec<(PasskeyPlace, Millis)>> {
        async move { Ok(passkeys::list(&self.pool, account).await?) }.boxed()
    }

    fn remove_passkey(&self, token: TokenHash, passkey: PasskeyPlace) -> Answer<'_, Vec<TokenHash>> {
        self.change(move |c| passkeys::remove(c, token, passkey).boxed())
    }

    fn forget_pending(&self, made_before: Millis) -> Answer<'_, u64> {
        self.change(move |c| secrets::forget_pending(c, made_before).boxed())
    }
}

impl Anew for Postgres {
    fn put_code(&self, username: &str, code: SecretHash, expires: Millis) -> Answer<'_, ()> {
        let username = username.to_owned();
        self.change(move |c| {
            let username = username.clone();
            async move { anew::put_code(c, &username, code, expires).await }.boxed()
        })
    }

    fn ask_anew(&self, new: NewRequest) -> Answer<'_, AnewRequest> {
        self.change(move |c| anew::ask_anew(c, new.clone()).boxed())
    }

    fn anew_by_claim(&self, claim: SecretHash) -> Answer<'_, Option<AnewRequest>> {
        async move { Ok(anew::anew_by_claim(&self.pool, claim).await?) }.boxed()
    }

    fn anew_of(&self, account: AccountId) -> Answer<'_, Option<AnewRequest>> {
        async move { Ok(anew::anew_of(&self.pool, account).await?) }.boxed()
    }

    fn refuse_anew(&self, token: TokenHash, id: AnewId) -> Answer<'_, ()> {
        self.change(move |c| anew::refuse_anew(c, token, id).boxed())
    }

    fn begin_anew(&self, new: NewIdentity) -> Answer<'_, BegunAnew> {
        self.change(move |c| anew::begin_anew(c, new.clone()).boxed())
    }

    fn earlier_credential(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        async move { Ok(anew::earlier_credential(&self.pool, account, seq, kind).await?) }.boxed()
    }

    fn earlier(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Earlier>> {
        async move { Ok(anew::earlier(&self.pool, account, seq, kind).await?) }.boxed()
    }

    fn forget_anew(&self, now: Millis, asked_before: Millis) -> Answer<'_, u64> {
        self.change(move |c| anew::forget_anew(c, now, asked_before).boxed())
    }
}

impl Directory for Postgres {
    fn statements(&self, who: Who, after: u64) -> Answer<'_, Vec<Vec<u8>>> {
        async move { Ok(read::statements(&self.pool, who, after).await?) }.boxed()
    }
}

impl Objects for Postgres {
    fn vault(&self, token: TokenHash) -> Answer<'_, Vault> {
        async move { Ok(read::vault(&self.pool, token).await?) }.boxed()
    }

    fn versions(&self, account: AccountId) -> Answer<'_, Versions> {
        async move { Ok(read::versions(&self.pool, account).await?) }.boxed()
    }

    fn put_state(&self, account: AccountId, expected: u64, state: Vec<u8>) -> Answer<'_, u64> {
        self.change(move |c| change::put_state(c, account, expected, state.clone()).boxed())
    }

    fn put_keys(&self, account: AccountId, keys: NewKeys) -> Answer<'_, u64> {
        self.change(move |c| keys::put_keys(c, account, keys.clone()).boxed())
    }
}

impl Mailbox for Postgres {
    fn append(&self, letter: Arc<Letter>, now: Millis) -> Answer<'static, Placed> {
        ask(&self.messages, move |reply| Job::Append { letter, now, reply })
    }

    fn head(&self, account: AccountId) -> Answer<'_, u64> {
        async move { Ok(read::head(&self.pool, account).await?) }.boxed()
    }

    fn page(&self, account: AccountId, after: u64) -> Answer<'_, Vec<Row>> {
        async move { Ok(read::page(&self.pool, account, after).await?) }.boxed()
    }

    fn keep(&self, account: AccountId, seq: u64, record: Vec<u8>) -> Answer<'_, ()> {
        ask(&self.messages, move |reply| Job::Keep { account, seq, record, reply })
    }
}

impl Upkeep for Postgres {
    fn check(&self) -> Answer<'_, ()> {
        async move {
            read::alive(&self.pool).await?;
            // By the way that messages take.
            ask(&self.messages, Job::Probe).await
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            let (reply, done) = oneshot::channel();
            if self.messages.send(Job::Close(reply)).await.is_ok() {
                done.await.ok();
            }
            self.pool.close().await;
        }
        .boxed()
    }
}
