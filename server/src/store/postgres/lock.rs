//! One change of an account at a time: each begins with a lock on the account's row, and reads what it decides by after that.
//! (SQLite's store has one connection that writes, so that nothing there need be locked.)

use signet_shared::AccountId;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{super::TokenHash, rows::Changed};

/// The number of the account that has this session. It may have ended while the lock was waited for.
pub(super) async fn of_session(c: &mut PgConnection, token: TokenHash) -> Changed<Option<i64>> {
    let row = sqlx::query(
        "SELECT a.id FROM accounts a JOIN sessions s ON s.account = a.id WHERE s.token_hash = $1 FOR NO KEY UPDATE OF a",
    );
    number(row.bind(&token[..]).fetch_optional(c).await?)
}

pub(super) async fn by_id(c: &mut PgConnection, account: AccountId) -> Changed<Option<i64>> {
    let row = sqlx::query("SELECT id FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE").bind(account.as_bytes());
    number(row.fetch_optional(c).await?)
}

pub(super) async fn by_name(c: &mut PgConnection, username: &str) -> Changed<Option<i64>> {
    let row = sqlx::query("SELECT id FROM accounts WHERE username = $1 FOR NO KEY UPDATE").bind(username);
    number(row.fetch_optional(c).await?)
}

fn number(row: Option<PgRow>) -> Changed<Option<i64>> {
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
