//! SQLite: one connection that writes, in commits that gather whatever was asked meanwhile, and a few that read.

mod anew;
mod append;
mod backup;
mod change;
mod damage;
mod delete;
mod keys;
mod passkeys;
mod read;
mod rows;
mod secrets;
mod sessions;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use signet_shared::{
    AccountId,
    api::{AnewId, WhichSessions, Who},
    opaque::{PasskeyPlace, SecretKind},
};
use sqlx::{
    ConnectOptions, SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use self::{
    damage::Damage,
    writer::{Asked, Change, Job, Writer},
};
use super::{
    Accounts, Anew, AnewRequest, Answer, BegunAnew, Created, Credential, Directory, Earlier, EndedSessions, Horizon,
    Letter, Mailbox, Millis, NewAccount, NewIdentity, NewKeys, NewRequest, NewSession, Objects, OnCommit, Pending,
    Placed, Replace, Rescue, Row, SecretHash, Secrets, Session, Sessions, Share, StoreError, TokenHash, Upkeep, Vault,
    Versions, ask,
};

const READERS: u32 = 4;
/// Jobs that may wait for the writer; beyond it, whoever asks waits.
const QUEUE: usize = 4096;

const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "accounts and mailboxes", include_str!("../../../../migrations/sqlite/0001_accounts_and_mailboxes.sql")),
    (
        2,
        "replacing secrets and listing sessions",
        include_str!("../../../../migrations/sqlite/0002_replacing_secrets_and_listing_sessions.sql"),
    ),
    (3, "starting anew", include_str!("../../../../migrations/sqlite/0003_starting_anew.sql")),
    (4, "who asked to start anew", include_str!("../../../../migrations/sqlite/0004_who_asked_to_start_anew.sql")),
];

pub(crate) struct Sqlite {
    readers: SqlitePool,
    messages: mpsc::Sender<Job>,
    changes: mpsc::Sender<Box<dyn Change>>,
    damage: Damage,
}

impl Sqlite {
    /// Marks a database as moved to PostgreSQL. The number says "SGN1".
    pub(super) const MOVED: &str = "PRAGMA user_version = 1397182001";
    const MOVED_VERSION: i64 = 1_397_182_001;

    /// Opens the database file, makes it if it is not there, and brings its tables up to date.
    pub(crate) async fn open(file: &Path, bell: Arc<dyn OnCommit>) -> Result<Self, sqlx::Error> {
        let options = Self::options(file);
        let mut connection = options.clone().create_if_missing(true).connect().await?;
        let marked: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await?;
        if marked == Self::MOVED_VERSION {
            return Err(sqlx::Error::Configuration(
                "it has been moved to PostgreSQL; start the relay with that --database-url".into(),
            ));
        }
        let damage = Damage::default();
        if std::fs::metadata(file).is_ok_and(|file| file.len() <= damage::AT_ONCE) {
            damage.look_for(&mut connection).await?;
        } else {
            damage.look_for_beside(file);
        }
        if !damage.is_found() {
            Self::migrate(&mut connection, &MIGRATIONS).await?;
        }

        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options.clone().pragma("query_only", "on"))
            .await?;
        let writer = Writer::new(options, connection, bell, damage.clone()).await?;
        let (messages, jobs) = mpsc::channel(QUEUE);
        let (changes, alone) = mpsc::channel(QUEUE);
        tokio::spawn(writer.run(jobs, alone));
        Ok(Self { readers, messages, changes, damage })
    }

    async fn migrate(
        connection: &mut SqliteConnection,
        steps: &[(i64, &'static str, &'static str)],
    ) -> Result<(), sqlx::Error> {
        let steps = steps.iter().map(|(version, name, sql)| {
            Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Ok(Migrator::with_migrations(steps.collect()).run_direct(None, connection, false).await?)
    }

    /// Keeps a one-time code from another process than the relay's. What the relay's writer remembers of the database has
    /// nothing to do with it.
    pub(crate) async fn put_code_beside(
        file: &Path,
        username: &str,
        code: SecretHash,
        expires: Millis,
    ) -> Result<(), StoreError> {
        let put = async {
            let mut connection = Self::options(file).connect().await?;
            let put = anew::put_code(&mut connection, username, code, expires).await;
            sqlx::Connection::close(connection).await?;
            put
        };
        Ok(put.await?)
    }

    pub(super) fn options(file: &Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: the write-ahead log is synced at every commit. NORMAL could lose acknowledged messages at power loss.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            // What is deleted is written over in the file, not only forgotten.
            .pragma("secure_delete", "on")
            .statement_cache_capacity(128)
            .disable_statement_logging()
    }

    /// A database as it was after the first `steps` of the schema, filled by `sql`.
    #[cfg(test)]
    pub(super) async fn make_as_of(file: &Path, steps: usize, sql: String) {
        let mut connection = Self::options(file).create_if_missing(true).connect().await.unwrap();
        Self::migrate(&mut connection, &MIGRATIONS[..steps]).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    }

    /// The writer's connection takes no new page into the file from now on.
    #[cfg(test)]
    pub(super) async fn stop_growing(&self) -> Result<(), StoreError> {
        self.change(|c| {
            async move {
                sqlx::query("PRAGMA max_page_count = 1").execute(c).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    fn unless_damaged<T: Send + 'static>(&self, write: impl FnOnce() -> Answer<'static, T>) -> Answer<'static, T> {
        if self.damage.is_found() { std::future::ready(Err(StoreError::Unavailable)).boxed() } else { write() }
    }

    /// A change in a transaction of its own.
    fn change<'a, T, F>(&'a self, run: F) -> Answer<'a, T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failed>> + Send + 'static,
    {
        self.change_and_maybe_forget(run, false)
    }

    /// As [`Self::change`]; if it `unsettles`, what the writer remembers of accounts may be wrong after it.
    fn change_and_maybe_forget<'a, T, F>(&'a self, run: F, unsettles: bool) -> Answer<'a, T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failed>> + Send + 'static,
    {
        self.unless_damaged(|| ask(&self.changes, move |reply| Box::new(Asked { run, reply, unsettles })))
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
                log_trouble(&error);
                Self::Unavailable
            }
        }
    }
}

/// SQLite's messages name tables and columns, never values.
fn log_trouble(error: &sqlx::Error) {
    let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
    tracing::error!(code, cause = %error, "store.database");
}

impl Accounts for Sqlite {
    fn create(&self, new: NewAccount) -> Answer<'_, Created> {
        self.change(move |c| change::create(c, new).boxed())
    }

    fn is_free(&self, username: &str) -> Answer<'_, bool> {
        let username = username.to_owned();
        async move { Ok(read::is_free(&self.readers, &username).await?) }.boxed()
    }

    fn any(&self) -> Answer<'_, bool> {
        async move { Ok(read::any(&self.readers).await?) }.boxed()
    }

    fn username(&self, account: AccountId) -> Answer<'_, String> {
        async move { Ok(read::username(&self.readers, account).await?) }.boxed()
    }

    fn credential(&self, username: &str, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        let username = username.to_owned();
        async move { Ok(read::credential(&self.readers, &username, kind).await?) }.boxed()
    }

    fn delete(&self, token: TokenHash, mark: String) -> Answer<'_, Vec<TokenHash>> {
        self.change_and_maybe_forget(move |c| delete::delete(c, token, mark).boxed(), true)
    }
}

impl Sessions for Sqlite {
    fn open(&self, new: NewSession, instead: Option<TokenHash>) -> Answer<'_, ()> {
        self.change(move |c| sessions::open(c, new, instead).boxed())
    }

    fn session(&self, token: TokenHash) -> Answer<'_, Option<Session>> {
        async move { Ok(sessions::session(&self.readers, token).await?) }.boxed()
    }

    fn sessions(&self, account: AccountId) -> Answer<'_, Vec<(TokenHash, Session)>> {
        async move { Ok(sessions::sessions(&self.readers, account).await?) }.boxed()
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

impl Secrets for Sqlite {
    fn put_pending(&self, token: TokenHash, kind: SecretKind, pending: Pending) -> Answer<'_, ()> {
        self.change(move |c| secrets::put_pending(c, token, kind, pending).boxed())
    }

    fn pending(&self, token: TokenHash, kind: SecretKind) -> Answer<'_, Option<Pending>> {
        async move { Ok(secrets::pending(&self.readers, token, kind).await?) }.boxed()
    }

    fn replace(&self, replace: Replace) -> Answer<'_, EndedSessions> {
        self.change(move |c| secrets::replace(c, replace).boxed())
    }

    fn rescue(&self, rescue: Rescue) -> Answer<'_, EndedSessions> {
        self.change(move |c| secrets::rescue(c, rescue).boxed())
    }

    fn passkeys(&self, account: AccountId) -> Answer<'_, Vec<(PasskeyPlace, Millis)>> {
        async move { Ok(passkeys::list(&self.readers, account).await?) }.boxed()
    }

    fn remove_passkey(&self, token: TokenHash, passkey: PasskeyPlace) -> Answer<'_, Vec<TokenHash>> {
        self.change(move |c| passkeys::remove(c, token, passkey).boxed())
    }

    fn forget_pending(&self, made_before: Millis) -> Answer<'_, u64> {
        self.change(move |c| secrets::forget_pending(c, made_before).boxed())
    }
}

impl Anew for Sqlite {
    fn put_code(&self, username: &str, code: SecretHash, expires: Millis) -> Answer<'_, ()> {
        let username = username.to_owned();
        self.change(move |c| async move { anew::put_code(c, &username, code, expires).await }.boxed())
    }

    fn ask_anew(&self, new: NewRequest) -> Answer<'_, AnewRequest> {
        self.change(move |c| anew::ask_anew(c, new).boxed())
    }

    fn anew_by_claim(&self, claim: SecretHash) -> Answer<'_, Option<AnewRequest>> {
        async move { Ok(anew::anew_by_claim(&self.readers, claim).await?) }.boxed()
    }

    fn anew_of(&self, account: AccountId) -> Answer<'_, Option<AnewRequest>> {
        async move { Ok(anew::anew_of(&self.readers, account).await?) }.boxed()
    }

    fn refuse_anew(&self, token: TokenHash, id: AnewId) -> Answer<'_, ()> {
        self.change(move |c| anew::refuse_anew(c, token, id).boxed())
    }

    fn begin_anew(&self, new: NewIdentity) -> Answer<'_, BegunAnew> {
        self.change(move |c| anew::begin_anew(c, new).boxed())
    }

    fn earlier_credential(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        async move { Ok(anew::earlier_credential(&self.readers, account, seq, kind).await?) }.boxed()
    }

    fn earlier(&self, account: AccountId, seq: u64, kind: SecretKind) -> Answer<'_, Option<Earlier>> {
        async move { Ok(anew::earlier(&self.readers, account, seq, kind).await?) }.boxed()
    }

    fn forget_anew(&self, now: Millis, asked_before: Millis) -> Answer<'_, u64> {
        self.change(move |c| anew::forget_anew(c, now, asked_before).boxed())
    }
}

impl Directory for Sqlite {
    fn statements(&self, who: Who, after: u64) -> Answer<'_, Vec<Vec<u8>>> {
        async move { Ok(read::statements(&self.readers, who, after).await?) }.boxed()
    }
}

impl Objects for Sqlite {
    fn vault(&self, token: TokenHash) -> Answer<'_, Vault> {
        async move { Ok(read::vault(&self.readers, token).await?) }.boxed()
    }

    fn versions(&self, account: AccountId) -> Answer<'_, Versions> {
        async move { Ok(read::versions(&self.readers, account).await?) }.boxed()
    }

    fn put_state(&self, account: AccountId, expected: u64, state: Vec<u8>) -> Answer<'_, u64> {
        self.change(move |c| change::put_state(c, account, expected, state).boxed())
    }

    fn put_keys(&self, account: AccountId, keys: NewKeys) -> Answer<'_, u64> {
        self.change(move |c| keys::put_keys(c, account, keys).boxed())
    }
}

impl Mailbox for Sqlite {
    fn append(&self, letter: Arc<Letter>, now: Millis) -> Answer<'static, Placed> {
        self.unless_damaged(|| ask(&self.messages, move |reply| Job::Append { letter, now, reply }))
    }

    fn head(&self, account: AccountId) -> Answer<'_, u64> {
        async move { Ok(read::head(&self.readers, account).await?) }.boxed()
    }

    fn page(&self, account: AccountId, after: u64) -> Answer<'_, Vec<Row>> {
        async move { Ok(read::page(&self.readers, account, after).await?) }.boxed()
    }

    fn keep(&self, account: AccountId, seq: u64, record: Vec<u8>) -> Answer<'_, ()> {
        self.unless_damaged(|| ask(&self.messages, move |reply| Job::Keep { account, seq, record, reply }))
    }
}

impl Upkeep for Sqlite {
    fn check(&self) -> Answer<'_, ()> {
        async move {
            read::alive(&self.readers).await?;
            self.change(|c| change::alive(c).boxed()).await
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async move {
            let (reply, done) = oneshot::channel();
            if self.messages.send(Job::Close(reply)).await.is_ok() {
                done.await.ok();
            }
            self.readers.close().await;
        }
        .boxed()
    }
}
