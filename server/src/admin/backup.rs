//! The server's data in one file, and back.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    config::{BackUp, ConfigError, Database, Restore, Where},
    files::{self, Claim},
    opaque,
    store::Sqlite,
};

pub(super) async fn back_up(options: BackUp) -> Result<String, ConfigError> {
    let BackUp { file, at } = options;
    let (data, database) = sqlite(at)?;
    if file.exists() {
        return Err(ConfigError(format!("{} is there already; a backup is written over nothing.", file.display())));
    }
    if !database.exists() {
        return Err(super::no_database(&database));
    }
    let key = data.join(opaque::FILE);
    let bytes = fs::read(&key).map_err(|e| {
        ConfigError(format!("the login key {} cannot be read: {e}. It is part of a backup.", key.display()))
    })?;
    let made = Sqlite::back_up(&database, &bytes, &file).await;
    made.map_err(|e| ConfigError(format!("there is no backup: {e}. Nothing was left at {}.", file.display())))?;
    Ok(format!(
        "{} holds everything that the relay stores, its login key included. Keep it as you keep the server: whoever has it \
         can try passwords.",
        file.display()
    ))
}

pub(super) async fn restore(options: Restore) -> Result<String, ConfigError> {
    let Restore { file, at } = options;
    let (data, database) = sqlite(at)?;
    let _claim = Claim::folder(&data)?;
    let key = data.join(opaque::FILE);
    for there in [&database, &key] {
        if there.exists() {
            return Err(ConfigError(format!(
                "{} is there already; a backup is restored over nothing. Name an empty folder with --data.",
                there.display()
            )));
        }
    }
    let trouble = |error: &dyn std::fmt::Display| {
        ConfigError(format!("the backup {} was not restored: {error}.", file.display()))
    };
    let bytes = Sqlite::restore(&file, &database).await.map_err(|e| trouble(&e))?;
    put(&key, &bytes, &database).map_err(|e| trouble(&e))?;
    Ok(format!("Restored to {}. Start the relay on it under the same --public-url as before.", data.display()))
}

/// The database last: a relay that found it without its key would refuse to start, and so would another try of this.
fn put(key: &Path, bytes: &[u8], database: &Path) -> io::Result<()> {
    files::write_private(key, bytes)?;
    Sqlite::settle(database).inspect_err(|_| {
        fs::remove_file(key).ok();
    })
}

fn sqlite(at: Where) -> Result<(PathBuf, PathBuf), ConfigError> {
    match at.places()? {
        (data, Database::Sqlite(file)) => Ok((data, file)),
        (data, _) => Err(ConfigError(format!(
            "this command is for SQLite. PostgreSQL has its own (pg_dump, or pg_basebackup with an archive of its log); with \
             what they write keep {}, without which nobody can sign in.",
            data.join(opaque::FILE).display()
        ))),
    }
}
