//! A copy of the database in one file, made beside a relay that goes on, and put in its place elsewhere. The relay's login key
//! lies in the copy, in a table of its own: without it nobody could sign in.

use std::{fs, io, path::Path};

use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{MIGRATIONS, Sqlite};
use crate::files;

/// Why there is no copy, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCopy {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("it is no backup of a relay")]
    NoBackup,
    #[error("it is of a newer release than this program")]
    Newer,
}

impl Sqlite {
    /// Copies the database as of one moment, and the key, to a new file. It is there whole or not at all.
    pub(crate) async fn back_up(database: &Path, key: &[u8], to: &Path) -> Result<(), NoCopy> {
        let part = files::with_suffix(to, ".part");
        remove(&part)?;
        // For its owner alone from its first byte; SQLite fills an empty file.
        files::private().create_new(true).open(&part)?;
        let copied = async {
            let mut live = sqlx::ConnectOptions::connect(&Self::options(database)).await?;
            sqlx::query("VACUUM INTO ?").bind(named(&part)?).execute(&mut live).await?;
            live.close().await?;
            let mut copy = open(&part).await?;
            sqlx::raw_sql("CREATE TABLE backup_key (bytes BLOB NOT NULL) STRICT").execute(&mut copy).await?;
            sqlx::query("INSERT INTO backup_key (bytes) VALUES (?)").bind(key).execute(&mut copy).await?;
            examine(&mut copy).await?;
            copy.close().await?;
            files::settle(&part, to)?;
            Ok(())
        };
        let copied = copied.await;
        if copied.is_err() {
            remove(&part)?;
        }
        copied
    }

    /// Puts such a copy in the place of a database that is not there yet; answers the key.
    pub(crate) async fn restore(from: &Path, database: &Path) -> Result<Vec<u8>, NoCopy> {
        let part = files::with_suffix(database, ".part");
        remove(&part)?;
        let restored = async {
            io::copy(&mut fs::File::open(from)?, &mut files::private().create_new(true).open(&part)?)?;
            let mut copy = open(&part).await.map_err(no_backup)?;
            let key: Vec<u8> = {
                let row = sqlx::query("SELECT bytes FROM backup_key").fetch_one(&mut copy).await;
                row.map_err(no_backup)?.try_get(0)?
            };
            examine(&mut copy).await?;
            let newest: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
                .fetch_one(&mut copy)
                .await?;
            if newest > MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or_default() {
                return Err(NoCopy::Newer);
            }
            sqlx::raw_sql("DROP TABLE backup_key").execute(&mut copy).await?;
            copy.close().await?;
            Ok(key)
        };
        let restored = restored.await;
        if restored.is_err() {
            remove(&part)?;
        }
        restored
    }

    /// The last step: until it, nothing is in the database's place.
    pub(crate) fn settle(database: &Path) -> io::Result<()> {
        files::settle(&files::with_suffix(database, ".part"), database)
    }
}

/// SQLite takes a file's name as text only.
fn named(file: &Path) -> Result<String, NoCopy> {
    let named = file.to_str().map(str::to_owned);
    named.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file name that is no text").into())
}

/// A copy, which nobody else uses: without a second file beside it.
async fn open(file: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options =
        SqliteConnectOptions::new().filename(file).pragma("secure_delete", "on").pragma("journal_mode", "delete");
    sqlx::ConnectOptions::connect(&sqlx::ConnectOptions::disable_statement_logging(options)).await
}

/// No such table in it, or no database at all.
fn no_backup(error: sqlx::Error) -> NoCopy {
    match error {
        sqlx::Error::Database(_) | sqlx::Error::RowNotFound => NoCopy::NoBackup,
        error => error.into(),
    }
}

async fn examine(copy: &mut SqliteConnection) -> Result<(), NoCopy> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(copy).await?;
    if found == "ok" { Ok(()) } else { Err(NoCopy::Damaged(found)) }
}

fn remove(file: &Path) -> io::Result<()> {
    fs::remove_file(file).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
