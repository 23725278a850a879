//! The one task that writes. While a commit's fsync runs, what is asked queues up; all of it goes into the next
//! transaction, and nobody is answered before the commit that holds his words.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use signet_shared::AccountId;
use sqlx::{Connection, Row, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{Committed, Letter, Millis, OnCommit, Placed, StoreError},
    Failed,
    append::{self, Known},
    log_trouble,
};

/// Messages of one commit. Enough to make the fsync cheap for each, few enough to bound how long the first waits.
const BATCH: usize = 512;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
pub(super) type Alone = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, ()> + Send>;

pub(super) enum Job {
    Append { letter: Arc<Letter>, now: Millis, reply: Reply<Placed> },
    Keep { account: AccountId, seq: u64, record: Vec<u8>, reply: Reply<()> },
    Run(Alone),
    Close(oneshot::Sender<()>),
}

pub(super) struct Writer {
    connection: SqliteConnection,
    known: Known,
    bell: Arc<dyn OnCommit>,
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

impl Writer {
    pub(super) async fn new(mut connection: SqliteConnection, bell: Arc<dyn OnCommit>) -> Result<Self, sqlx::Error> {
        let last = sqlx::query("SELECT coalesce(max(id), 0) FROM envelopes").fetch_one(&mut connection).await?;
        Ok(Self { connection, known: Known::new(last.try_get(0)?), bell })
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut closing = None;
        while closing.is_none() && queue.recv_many(&mut jobs, BATCH).await > 0 {
            let (mut sends, mut keeps) = (Vec::new(), Vec::new());
            for job in jobs.drain(..) {
                match job {
                    Job::Append { letter, now, reply } => sends.push(Upload { letter, now, reply }),
                    Job::Keep { account, seq, record, reply } => keeps.push(Keep { account, seq, record, reply }),
                    Job::Run(run) => run(&mut self.connection).await,
                    Job::Close(reply) => closing = Some(reply),
                }
            }
            if !sends.is_empty() || !keeps.is_empty() {
                self.commit(sends, keeps).await;
            }
        }
        // What still waits in the queue is answered "unavailable" by the drop of its reply.
        drop(queue);
        if let Err(error) = self.connection.close().await {
            log_trouble(&error);
        }
        if let Some(reply) = closing {
            reply.send(()).ok();
        }
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
                log_trouble(&error);
                self.known.forget();
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
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let (placed, changes) = append::append(&mut transaction, &mut self.known, sends).await?;
        let kept = append::keep(&mut transaction, &mut self.known, &changes, keeps).await?;
        transaction.commit().await?;
        self.known.accept(changes);
        Ok((placed, kept))
    }
}

/// A change in a transaction of its own, answered after its commit.
pub(super) fn alone<T, F>(run: F, reply: Reply<T>) -> Alone
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, Failed>> + Send + 'static,
{
    Box::new(move |connection| {
        Box::pin(async move {
            let outcome = async {
                let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
                let value = run(&mut transaction).await?;
                transaction.commit().await?;
                Ok::<T, Failed>(value)
            };
            reply.send(outcome.await.map_err(StoreError::from)).ok();
        })
    })
}
