//! The one task of this node that writes messages. While a commit is on its way to the disk, what is asked queues up; all of
//! it goes into the next transaction, and nobody is answered before the commit that holds his words.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use signet_shared::AccountId;
use sqlx::{Connection, PgConnection};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{Committed, Letter, Millis, OnCommit, Placed, StoreError},
    append::{self, Known},
    connect::{self, PostgresUrl},
    trouble,
};

/// Messages of one commit. Enough to make the fsync cheap for each, few enough to bound how long the first waits.
const BATCH: usize = 512;
/// Between tries, of which the first is at once: a connection may be of no use although the server is there.
const PAUSE: Duration = Duration::from_millis(100);
/// After which a connection is taken for dead on which nothing moves.
const SILENCE: Duration = Duration::from_secs(30);

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) enum Job {
    Append { letter: Arc<Letter>, now: Millis, reply: Reply<Placed> },
    Keep { account: AccountId, seq: u64, record: Vec<u8>, reply: Reply<()> },
    Probe(Reply<()>),
    Close(oneshot::Sender<()>),
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

/// What goes into one transaction.
#[derive(Default)]
struct Batch {
    sends: Vec<Upload>,
    keeps: Vec<Keep>,
    probes: Vec<Reply<()>>,
}

pub(super) struct Writer {
    url: PostgresUrl,
    /// `None` after trouble, until it is needed again.
    connection: Option<PgConnection>,
    known: Known,
    bell: Arc<dyn OnCommit>,
    /// Of a commit that was asked for and never answered: stored or not, which the next transaction finds out. Whoever sent
    /// them asks again and is told then; those who wait for them would hear nothing.
    uncertain: Vec<Committed>,
    /// How long the database may be away before whoever waits is told so. Then everybody is told at once, until it is back.
    patience: Duration,
    away_since: Option<Instant>,
}

impl Writer {
    pub(super) fn new(url: PostgresUrl, patience: Duration, bell: Arc<dyn OnCommit>) -> Self {
        let known = Known::default();
        Self { url, connection: None, known, bell, uncertain: Vec::new(), patience, away_since: None }
    }

    pub(super) async fn run(mut self, mut messages: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut closing = None;
        while closing.is_none() && messages.recv_many(&mut jobs, BATCH).await > 0 {
            let mut batch = Batch::default();
            for job in jobs.drain(..) {
                match job {
                    Job::Append { letter, now, reply } => batch.sends.push(Upload { letter, now, reply }),
                    Job::Keep { account, seq, record, reply } => {
                        batch.keeps.push(Keep { account, seq, record, reply });
                    }
                    Job::Probe(reply) => batch.probes.push(reply),
                    Job::Close(reply) => closing = Some(reply),
                }
            }
            if !batch.is_empty() {
                self.commit(batch).await;
            }
        }
        // What still waits in the queue is answered "unavailable" by the drop of its reply.
        drop(messages);
        if let Some(connection) = self.connection.take() {
            connection.close().await.ok();
        }
        if let Some(reply) = closing {
            reply.send(()).ok();
        }
    }

    /// Tries until it is done, or the database has been away for too long.
    async fn commit(&mut self, batch: Batch) {
        let mut tries = 0;
        loop {
            let tried = tokio::time::timeout(SILENCE, self.try_commit(&batch)).await;
            let error = match tried.unwrap_or_else(|_| Err(silent())) {
                Ok(done) => {
                    self.away_since = None;
                    return batch.answer(done);
                }
                Err(error) => error,
            };
            tries += 1;
            // What is still in its way to the old server can never be committed twice: the same message again is the same row.
            self.connection = None;
            self.known.forget();
            let since = *self.away_since.get_or_insert_with(Instant::now);
            if !trouble::passes(&error) || since.elapsed() > self.patience {
                trouble::log(&error);
                if !trouble::passes(&error) {
                    self.away_since = None;
                }
                return batch.refuse();
            }
            if tries == 1 {
                trouble::log(&error);
            } else {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn try_commit(&mut self, batch: &Batch) -> Result<append::Done, sqlx::Error> {
        let Self { url, connection, known, bell, uncertain, .. } = self;
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(connect::writer(url).await?),
        };
        let mut transaction = connection.begin().await?;
        if !batch.probes.is_empty() {
            sqlx::query("UPDATE probe SET n = 1 - n WHERE id = 1").execute(&mut *transaction).await?;
        }
        let done = append::append(&mut transaction, known, uncertain, &batch.sends, &batch.keeps).await?;
        // Certain from now on, whatever becomes of this transaction.
        uncertain.clear();
        if !done.found.is_empty() {
            bell.committed(done.found.clone());
        }
        let committed = done.committed();
        // While the commit is under way, its end is unknown: also to whoever drops this future.
        *uncertain = committed.clone();
        transaction.commit().await?;
        uncertain.clear();
        if !committed.is_empty() {
            bell.committed(committed);
        }
        Ok(done)
    }
}

fn silent() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.sends.is_empty() && self.keeps.is_empty() && self.probes.is_empty()
    }

    fn answer(self, done: append::Done) {
        for (send, outcome) in self.sends.into_iter().zip(done.placed) {
            send.reply.send(outcome.map(|(placed, _)| placed)).ok();
        }
        for (keep, outcome) in self.keeps.into_iter().zip(done.kept) {
            keep.reply.send(outcome).ok();
        }
        for probe in self.probes {
            probe.send(Ok(())).ok();
        }
    }

    fn refuse(self) {
        for send in self.sends {
            send.reply.send(Err(StoreError::Unavailable)).ok();
        }
        for reply in self.keeps.into_iter().map(|keep| keep.reply).chain(self.probes) {
            reply.send(Err(StoreError::Unavailable)).ok();
        }
    }
}
