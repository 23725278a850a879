//! Deleting an account. Its row stays, with a mark in the place of the name and no mailbox: nothing can be sent to it, and
//! what others have of it still knows by which number it was sent.

use sqlx::{Row, SqliteConnection};

use super::{
    super::{StoreError, TokenHash},
    Failed, rows,
};

pub(super) async fn delete(c: &mut SqliteConnection, token: TokenHash, mark: String) -> Result<Vec<TokenHash>, Failed> {
    let session = sqlx::query("SELECT account, secret IS NOT NULL FROM sessions WHERE token_hash = ?").bind(&token[..]);
    let session = session.fetch_optional(&mut *c).await?.ok_or(StoreError::NoSession)?;
    let account: i64 = session.try_get(0)?;
    if !session.try_get::<bool, _>(1)? {
        return Err(StoreError::SecretReplaced.into());
    }
    let ended = sqlx::query("DELETE FROM sessions WHERE account = ? RETURNING token_hash").bind(account);
    let ended = ended.fetch_all(&mut *c).await?.iter().map(token_in).collect::<Result<_, Failed>>()?;

    let mine = sqlx::query("DELETE FROM mailbox WHERE account = ? RETURNING envelope").bind(account);
    let mine: Result<Vec<i64>, _> = mine.fetch_all(&mut *c).await?.iter().map(|row| row.try_get(0)).collect();
    let mine = mine?;
    // Each reader has a slip for as long as it has the message: where none is left, nobody has it any more.
    let own = format!("DELETE FROM slips WHERE reader = {account} AND envelope IN (");
    rows::each(c, (own.as_str(), "?", ")"), &mine, |q, envelope| q.bind(*envelope)).await?;
    let orphans =
        "DELETE FROM envelopes AS e WHERE NOT EXISTS (SELECT 1 FROM slips WHERE envelope = e.id) AND e.id IN (";
    let orphans = rows::each(c, (orphans, "?", ") RETURNING id"), &mine, |q, envelope| q.bind(*envelope)).await?;

    for table in ["pending", "access", "objects", "heads", "anew_codes", "anew", "earlier", "earlier_access"] {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE account = ?"));
        sqlx::query(sql).bind(account).execute(&mut *c).await?;
    }
    let renamed = "UPDATE accounts SET username = ?, created_ms = 0 WHERE id = ?";
    sqlx::query(renamed).bind(mark).bind(account).execute(&mut *c).await?;
    if orphans.len() == mine.len() {
        // Nobody has anything in common with it. Otherwise its statements stay for good: what would have to be counted to know
        // when the last who needs them is gone would cost every message.
        sqlx::query("DELETE FROM statements WHERE account = ?").bind(account).execute(&mut *c).await?;
        let unnamed = "UPDATE accounts SET account_id = randomblob(16) WHERE id = ?";
        sqlx::query(unnamed).bind(account).execute(&mut *c).await?;
    }
    Ok(ended)
}

pub(super) fn token_in(row: &sqlx::sqlite::SqliteRow) -> Result<TokenHash, Failed> {
    Ok(row.try_get::<&[u8], _>(0)?.try_into().map_err(|_| StoreError::Corrupt)?)
}
