//! Sessions and their shares.

use signet_shared::{AccountId, api};
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{
    super::{Millis, Session, Share, StoreError, TokenHash},
    Failed,
    read::unsigned,
};

type Changed<T> = Result<T, Failed>;

pub(super) async fn open(
    c: &mut SqliteConnection,
    token: TokenHash,
    account: AccountId,
    now: Millis,
    instead: Option<TokenHash>,
) -> Changed<()> {
    if let Some(old) = instead {
        end(c, old).await?;
    }
    let opened = sqlx::query(
        "INSERT INTO sessions (token_hash, account, created_ms, used_ms) SELECT ?1, id, ?2, ?2 FROM accounts \
         WHERE account_id = ?3",
    )
    .bind(&token[..])
    .bind(now.cast_signed())
    .bind(account.as_bytes())
    .execute(c)
    .await?;
    if opened.rows_affected() == 0 { Err(StoreError::NoSuchAccount.into()) } else { Ok(()) }
}

pub(super) async fn session(pool: &SqlitePool, token: TokenHash) -> Result<Option<Session>, Failed> {
    let row = sqlx::query(
        "SELECT a.account_id, s.created_ms, s.used_ms FROM sessions s JOIN accounts a ON a.id = s.account \
         WHERE s.token_hash = ?",
    )
    .bind(&token[..])
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account = AccountId::from_slice(row.try_get(0)?).ok_or(StoreError::Corrupt)?;
    Ok(Some(Session { account, created: unsigned(&row, 1)?, used: unsigned(&row, 2)? }))
}

pub(super) async fn touch(c: &mut SqliteConnection, token: TokenHash, now: Millis) -> Changed<()> {
    sqlx::query("UPDATE sessions SET used_ms = ? WHERE token_hash = ?")
        .bind(now.cast_signed())
        .bind(&token[..])
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn end(c: &mut SqliteConnection, token: TokenHash) -> Changed<()> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = ?").bind(&token[..]).execute(c).await?;
    Ok(())
}

pub(super) async fn expire(c: &mut SqliteConnection, used_before: Millis, created_before: Millis) -> Changed<u64> {
    let gone = sqlx::query("DELETE FROM sessions WHERE used_ms < ? OR created_ms < ?")
        .bind(used_before.cast_signed())
        .bind(created_before.cast_signed())
        .execute(c)
        .await?;
    Ok(gone.rows_affected())
}

pub(super) async fn take_shares(c: &mut SqliteConnection, token: TokenHash, next: Share) -> Changed<Vec<Share>> {
    let shares = shares(c, token).await?;
    let held: Vec<Share> = shares.iter().filter(|share| **share != next).copied().collect();
    if held.len() == shares.len() {
        if shares.len() >= api::MAX_SHARES {
            return Err(StoreError::TooMany.into());
        }
        sqlx::query("INSERT INTO shares (token_hash, share) VALUES (?, ?)")
            .bind(&token[..])
            .bind(&next[..])
            .execute(c)
            .await?;
    }
    Ok(held)
}

pub(super) async fn confirm_share(c: &mut SqliteConnection, token: TokenHash, keep: Share) -> Changed<()> {
    if !shares(c, token).await?.contains(&keep) {
        return Err(StoreError::NotFound.into());
    }
    sqlx::query("DELETE FROM shares WHERE token_hash = ? AND share <> ?")
        .bind(&token[..])
        .bind(&keep[..])
        .execute(c)
        .await?;
    Ok(())
}

async fn shares(c: &mut SqliteConnection, token: TokenHash) -> Changed<Vec<Share>> {
    let session = sqlx::query("SELECT 1 FROM sessions WHERE token_hash = ?").bind(&token[..]).fetch_optional(&mut *c);
    session.await?.ok_or(StoreError::NotFound)?;
    let rows = sqlx::query("SELECT share FROM shares WHERE token_hash = ? ORDER BY id").bind(&token[..]).fetch_all(c);
    let share = |row: &sqlx::sqlite::SqliteRow| row.try_get::<&[u8], _>(0).ok()?.try_into().ok();
    rows.await?.iter().map(|row| share(row).ok_or(Failed::Answer(StoreError::Corrupt))).collect()
}
