//! What an operator does beside the running relay, on its database.

use sha2::{Digest, Sha256};
use signet_shared::{Username, code};

use crate::{
    config::{ConfigError, ResetAccount},
    random,
    store::{Millis, Sqlite, StoreError},
};

const HOUR: Millis = 3600 * 1000;

/// A one-time code for this account, as it is told to its owner. The relay keeps its hash, beside the account, and asks no
/// more of whoever brings it.
pub async fn reset_account(options: ResetAccount, now: Millis) -> Result<String, ConfigError> {
    let ResetAccount { name, valid, at } = options;
    let username: Username = name.parse().map_err(|_| {
        ConfigError(format!(
            "{name:?} is no username: 3 to 32 letters, digits and underscores, beginning with a letter."
        ))
    })?;
    let (_, database) = at.files()?;
    if !database.exists() {
        return Err(ConfigError(format!(
            "there is no database {}. Say where the relay keeps it, with --data or --database-url.",
            database.display()
        )));
    }
    let code = code::OneTimeCode(random::bytes());
    let expires = now.saturating_add(Millis::from(valid).saturating_mul(HOUR));
    let put = Sqlite::put_code_beside(&database, &username.canonical(), Sha256::digest(code.0).into(), expires).await;
    match put {
        Ok(()) => Ok(code.to_string()),
        Err(StoreError::NoSuchAccount) => Err(ConfigError(format!("there is no account {name}."))),
        Err(_) => Err(ConfigError(format!(
            "the database {} cannot be written, or is of another version than this program: start the relay once with it.",
            database.display()
        ))),
    }
}
