//! The one task that writes. While a commit's fsync runs, what is asked queues up; all messages of it go into the next
//! transaction, and nobody is answered before the commit that holds his words.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use signet_shared::AccountId;
use sqlx::{ConnectOptions, Connection, Row, Sqlite, SqliteConnection, Transaction, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{Committed, Letter, Millis, OnCommit, Placed, StoreError},
    Failed,
    append::{self, Known},
    damage::Damage,
    log_trouble,
};

/// Messages of one commit. Enough to make the fsync cheap for each, few enough to bound how long the first waits.
const BATCH: usize = 512;
/// Changes that go before a commit of messages: each has an fsync of its own, for which the messages wait.
const CHANGES: usize = 16;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) enum Job {
    Append { letter: Arc<Letter>, now: Millis, reply: Reply<Placed> },
    Keep { account: AccountId, seq: u64, record: Vec<u8>, reply: Reply<()> },
    Close(oneshot::Sender<()>),
}

/// A change that has a transaction of its own, and is answered after its commit.
pub(super) trait Change: Send {
    /// Whether somebody still waits for the answer. Otherwise it need not be made.
    fn is_wanted(&self) -> bool;
    /// Whether what is remembered of the database may be wrong after it.
    fn unsettles(&self) -> bool;
    /// The error is the database's; an answer such as "taken" is none.
    fn make(self: Box<Self>, transaction: Transaction<'_, Sqlite>) -> BoxFuture<'_, Result<(), sqlx::Error>>;
}

pub(super) struct Writer {
    options: SqliteConnectOptions,
    /// `None` after trouble, until it is needed again.
    open: Option<Open>,
    bell: Arc<dyn OnCommit>,
    damage: Damage,
}

/// A connection, and what was learned through it. SQLite ends a transaction by itself when the disk is full or fails, of
/// which the connection's other side knows nothing: it would refuse to begin another one for ever. So a connection that
/// met trouble is never used again, and what was believed of the database goes with it.
struct Open {
    connection: SqliteConnection,
    known: Known,
}

pub(super) struct Upload {
    pub(super) letter: Arc<Letter>,
    pub(super) now: Millis,
    reply: Reply<Placed>,
}

pub(super) struct Keep {
    pub(super) account: AccountId,
    pub(super) seq: u64,
    pub(super) record: Vec<u8>,
    reply: Reply<()>,
}

impl Open {
    async fn new(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        Self::over(options.connect().await?).await
    }

    async fn over(mut connection: SqliteConnection) -> Result<Self, sqlx::Error> {
        let last = sqlx::query("SELECT coalesce(max(id), 0) FROM envelopes").fetch_one(&mut connection).await?;
        Ok(Self { connection, known: Known::new(last.try_get(0)?) })
    }
}

impl Writer {
    /// `options` make a connection such as this one again.
    pub(super) async fn new(
        options: SqliteConnectOptions,
        connection: SqliteConnection,
        bell: Arc<dyn OnCommit>,
        damage: Damage,
    ) -> Result<Self, sqlx::Error> {
        // Where damage keeps even this from being read, nothing will be written: no connection is needed.
        let open = match Open::over(connection).await {
            Err(_) if damage.is_found() => None,
            open => Some(open?),
        };
        Ok(Self { options, open, bell, damage })
    }

    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Job>, mut changes: mpsc::Receiver<Box<dyn Change>>) {
        let (mut jobs, mut alone) = (Vec::with_capacity(BATCH), Vec::with_capacity(CHANGES));
        let mut closing = None;
        while closing.is_none() {
            let asked = tokio::select! {
                asked = messages.recv_many(&mut jobs, BATCH) => asked,
                asked = changes.recv_many(&mut alone, CHANGES) => asked,
            };
            if asked == 0 {
                break;
            }
            // And of the other queue what is there already.
            if jobs.is_empty() {
                messages.recv_many(&mut jobs, BATCH).now_or_never();
            } else {
                changes.recv_many(&mut alone, CHANGES).now_or_never();
            }
            self.make(alone.drain(..)).await;
            let (mut sends, mut keeps) = (Vec::new(), Vec::new());
            for job in jobs.drain(..) {
                match job {
                    Job::Append { letter, now, reply } => sends.push(Upload { letter, now, reply }),
                    Job::Keep { account, seq, record, reply } => keeps.push(Keep { account, seq, record, reply }),
                    Job::Close(reply) => closing = Some(reply),
                }
            }
            if !sends.is_empty() || !keeps.is_empty() {
                self.commit(sends, keeps).await;
            }
        }
        // What still waits in the queues is answered "unavailable" by the drop of its reply.
        drop((messages, changes));
        if let Some(open) = self.open.take()
            && let Err(error) = open.connection.close().await
        {
            log_trouble(&error);
        }
        if let Some(reply) = closing {
            reply.send(()).ok();
        }
    }

    async fn open(&mut self) -> Result<&mut Open, sqlx::Error> {
        match self.open {
            Some(ref mut open) => Ok(open),
            None => Ok(self.open.insert(Open::new(&self.options).await?)),
        }
    }

    async fn trouble(&mut self, error: &sqlx::Error) {
        log_trouble(error);
        self.damage.see(error);
        if let Some(open) = self.open.take() {
            // It may be beyond closing; it is not used again in any case.
            open.connection.close().await.ok();
        }
    }

    async fn make(&mut self, changes: impl Iterator<Item = Box<dyn Change>>) {
        for change in changes {
            if !change.is_wanted() {
                continue;
            }
            let unsettles = change.unsettles();
            let begun = match self.begin().await {
                Ok(transaction) => Ok(change.make(transaction).await),
                Err(error) => Err(error),
            };
            if let (true, Some(open)) = (unsettles, &mut self.open) {
                open.known.forget_accounts();
            }
            match begun {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.trouble(&error).await,
                // Nothing can be written now: the others do not wait for the same in turn, they are answered by the drop of
                // their replies.
                Err(error) => return self.trouble(&error).await,
            }
        }
    }

    async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, sqlx::Error> {
        self.open().await?.connection.begin_with("BEGIN IMMEDIATE").await
    }

    async fn commit(&mut self, sends: Vec<Upload>, keeps: Vec<Keep>) {
        match self.try_commit(&sends, &keeps).await {
            Ok((placed, kept)) => {
                let committed: Vec<Committed> =
                    placed.iter().filter_map(|outcome| outcome.as_ref().ok()?.1.clone()).collect();
                if !committed.is_empty() {
                    self.bell.committed(committed);
                }
                for (send, outcome) in sends.into_iter().zip(placed) {
                    send.reply.send(outcome.map(|(placed, _)| placed)).ok();
                }
                for (keep, outcome) in keeps.into_iter().zip(kept) {
                    keep.reply.send(outcome).ok();
                }
            }
            Err(error) => {
                self.trouble(&error).await;
                for send in sends {
                    send.reply.send(Err(StoreError::Unavailable)).ok();
                }
                for keep in keeps {
                    keep.reply.send(Err(StoreError::Unavailable)).ok();
                }
            }
        }
    }

    async fn try_commit(
        &mut self,
        sends: &[Upload],
        keeps: &[Keep],
    ) -> Result<(Vec<append::Outcome>, Vec<Result<(), StoreError>>), sqlx::Error> {
        let Open { connection, known } = self.open().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let (placed, changes) = append::append(&mut transaction, known, sends).await?;
        let kept = append::keep(&mut transaction, known, &changes, keeps).await?;
        transaction.commit().await?;
        known.accept(changes);
        Ok((placed, kept))
    }
}

/// A change and who asked for it.
pub(super) struct Asked<T, F> {
    pub(super) run: F,
    pub(super) reply: Reply<T>,
    pub(super) unsettles: bool,
}

impl<T, F> Change for Asked<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failed>> + Send + 'static,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn unsettles(&self) -> bool {
        self.unsettles
    }

    fn make(self: Box<Self>, mut transaction: Transaction<'_, Sqlite>) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        let Self { run, reply, .. } = *self;
        Box::pin(async move {
            let outcome = match run(&mut transaction).await {
                Ok(value) => transaction.commit().await.map(|()| value).map_err(Failed::from),
                Err(failed) => Err(failed),
            };
            let (answer, trouble) = match outcome {
                Ok(value) => (Ok(value), Ok(())),
                Err(Failed::Answer(error)) => (Err(error), Ok(())),
                Err(Failed::Database(error)) => (Err(StoreError::Unavailable), Err(error)),
            };
            reply.send(answer).ok();
            trouble
        })
    }
}
