//! What an operator does beside the running relay, on its database.

mod backup;
mod migrate;

use std::path::Path;

use sha2::{Digest, Sha256};
use signet_shared::{Username, code};

use crate::{
    config::{AdminCommand, ConfigError, Database, ResetAccount},
    random,
    store::{Millis, Postgres, Sqlite, StoreError},
};

const HOUR: Millis = 3600 * 1000;

/// Carries out a command; answers what there is to say of it.
pub async fn admin(command: AdminCommand, now: Millis) -> Result<String, ConfigError> {
    match command {
        AdminCommand::ResetAccount(options) => reset_account(options, now).await,
        AdminCommand::Backup(options) => backup::back_up(options).await,
        AdminCommand::Restore(options) => backup::restore(options).await,
        AdminCommand::MigrateStore(options) => migrate::migrate(options).await,
    }
}

/// A one-time code for this account, as it is told to its owner. The relay keeps its hash, beside the account, and asks no
/// more of whoever brings it.
pub async fn reset_account(options: ResetAccount, now: Millis) -> Result<String, ConfigError> {
    let ResetAccount { name, valid, at } = options;
    let username: Username = name.parse().map_err(|_| {
        ConfigError(format!(
            "{name:?} is no username: 3 to 32 letters, digits and underscores, beginning with a letter."
        ))
    })?;
    let (_, database) = at.places()?;
    let code = code::OneTimeCode(random::bytes());
    let expires = now.saturating_add(Millis::from(valid).saturating_mul(HOUR));
    let (username, hash) = (username.canonical(), Sha256::digest(code.0).into());
    let (database, put) = match database {
        Database::Sqlite(file) if !file.exists() => {
            return Err(no_database(&file));
        }
        Database::Sqlite(file) => {
            let put = Sqlite::put_code_beside(&file, &username, hash, expires).await;
            (file.display().to_string(), put)
        }
        Database::Postgres(url) => {
            let put = Postgres::put_code_beside(&url, &username, hash, expires).await;
            (url.to_string(), put)
        }
        Database::Memory => return Err(ConfigError("a relay in memory has no accounts to look after.".into())),
    };
    match put {
        Ok(()) => Ok(code.to_string()),
        Err(StoreError::NoSuchAccount) => Err(ConfigError(format!("there is no account {name}."))),
        Err(_) => Err(ConfigError(format!(
            "the database {database} cannot be written, or is of another version than this program: start the relay once with \
             it."
        ))),
    }
}

fn no_database(file: &Path) -> ConfigError {
    ConfigError(format!(
        "there is no database {}. Say where the relay keeps it, with --data or --database-url.",
        file.display()
    ))
}
