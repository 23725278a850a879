//! One server for all tests of a process, and for each of them an empty database. Making one takes a second, emptying one that
//! another test has done with a few milliseconds.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use crate::Postgres;

struct Shared {
    server: Option<Postgres>,
    made: usize,
    free: Vec<String>,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { server: None, made: 0, free: Vec::new() });

/// Deletes all rows but those that the tables are made with.
const EMPTY: &str = "SET session_replication_role = replica; DO $$ DECLARE name TEXT; BEGIN \
                     FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                     AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT IN ('_sqlx_migrations', 'probe') \
                     LOOP EXECUTE format('DELETE FROM %I', name); END LOOP; END $$";

/// An empty database of the shared server, until it is dropped.
pub struct Lease {
    name: String,
    url: String,
}

impl Lease {
    pub fn take() -> Result<Self> {
        let used = shared().free.pop();
        Self::of(used)
    }

    /// One that nobody has had, without tables.
    pub fn bare() -> Result<Self> {
        Self::of(None)
    }

    fn of(used: Option<String>) -> Result<Self> {
        let mut shared = shared();
        if shared.server.is_none() {
            shared.server = Some(Postgres::start()?);
        }
        let name = used.clone().unwrap_or_else(|| format!("test_{}", shared.made));
        let Shared { server: Some(server), made, .. } = &mut *shared else { anyhow::bail!("no server") };
        if used.is_some() {
            server.run(&name, EMPTY)?;
        } else {
            server.create(&name)?;
            *made += 1;
        }
        Ok(Self { url: server.url(&name), name })
    }

    /// As the relay's `--database-url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs statements in it.
    pub fn run(&self, sql: &str) -> Result<()> {
        match &shared().server {
            Some(server) => server.run(&self.name, sql),
            None => anyhow::bail!("no server"),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // What a failed test has done to its database nobody knows.
        if !std::thread::panicking() {
            shared().free.push(std::mem::take(&mut self.name));
        }
    }
}

fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}
