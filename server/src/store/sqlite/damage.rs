//! A page that is not what was written. Nothing more is written to such a database, since that could spread it; what can be
//! read is read, so that people keep what they have until a backup is restored.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlx::{ConnectOptions, SqliteConnection};

use super::Sqlite;

/// Up to here a database is read through before the relay starts, which takes some seconds; a larger one beside it.
pub(super) const AT_ONCE: u64 = 1024 * 1024 * 1024;

#[derive(Debug, Clone, Default)]
pub(super) struct Damage(Arc<AtomicBool>);

impl Damage {
    pub(super) fn is_found(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn found(&self, cause: &str) {
        if !self.0.swap(true, Ordering::SeqCst) {
            tracing::error!(
                cause,
                "the database is damaged. From now on nothing is written to it; what can be read is read. Stop the relay, keep \
                 the damaged files, and put the last backup into a new folder: signet admin restore FILE --data DIR"
            );
        }
    }

    /// Takes note if that is what the error says.
    pub(super) fn see(&self, error: &sqlx::Error) {
        let code = error.as_database_error().and_then(|error| error.code());
        // SQLITE_CORRUPT and SQLITE_NOTADB; the rest of an extended code says more.
        if let Some(11 | 26) = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            self.found(&error.to_string());
        }
    }

    /// Reads the whole database.
    pub(super) async fn look_for(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        match sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(connection).await {
            Ok(found) if found == "ok" => {}
            // It names tables and pages, no values.
            Ok(found) => self.found(&found),
            Err(error) => {
                self.see(&error);
                if !self.is_found() {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The same, while the relay runs already.
    pub(super) fn look_for_beside(&self, file: &Path) {
        let (damage, options) = (self.clone(), Sqlite::options(file).pragma("query_only", "on"));
        tokio::spawn(async move {
            let looked = async { damage.look_for(&mut options.connect().await?).await };
            if let Err(error) = looked.await {
                super::log_trouble(&error);
            }
        });
    }
}
