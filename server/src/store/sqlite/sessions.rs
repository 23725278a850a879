//! Sessions and their shares.

use signet_shared::{
    AccountId,
    api::{self, BrowserFamily, SystemFamily, WhichSessions},
    opaque::SecretKind,
};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use super::{
    super::{EndedSessions, Horizon, Millis, NewSession, Replaced, Session, Share, StoreError, TokenHash},
    Failed,
    read::unsigned,
    rows::Bound,
};

type Changed<T> = Result<T, Failed>;

pub(super) async fn open(c: &mut SqliteConnection, new: NewSession, instead: Option<TokenHash>) -> Changed<()> {
    if let Some(old) = instead {
        end(c, old).await?;
    }
    let opened = sqlx::query(
        "INSERT INTO sessions (token_hash, account, created_ms, used_ms, handle, secret, by_login, browser, system) \
         SELECT ?1, a.id, ?2, ?2, ?3, w.kind, ?4, ?5, ?6 FROM accounts a JOIN access w ON w.account = a.id \
         WHERE a.account_id = ?7 AND w.kind = ?8 AND w.version = ?9",
    )
    .bind(&new.token[..])
    .bind(new.now.cast_signed())
    .bind(&new.handle[..])
    .bind(new.by_login)
    .bind(i64::from(new.browser.number()))
    .bind(i64::from(new.system.number()))
    .bind(new.account.as_bytes())
    .bind(i64::from(new.secret.number()))
    .bind(new.version.cast_signed())
    .execute(&mut *c)
    .await?;
    if opened.rows_affected() > 0 {
        return Ok(());
    }
    let there = sqlx::query("SELECT 1 FROM accounts WHERE account_id = ?").bind(new.account.as_bytes());
    let there = there.fetch_optional(c).await?.is_some();
    Err(if there { StoreError::VersionConflict } else { StoreError::NoSuchAccount }.into())
}

/// What [`session_in`] reads.
macro_rules! columns {
    () => {
        "a.account_id, s.token_hash, s.handle, s.created_ms, s.used_ms, s.secret, s.by_login, s.browser, s.system, \
         s.replaced_by, s.replaced_ended"
    };
}

pub(super) async fn session(pool: &SqlitePool, token: TokenHash) -> Changed<Option<Session>> {
    let query =
        concat!("SELECT ", columns!(), " FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.token_hash = ?");
    let row = sqlx::query(query).bind(&token[..]).fetch_optional(pool).await?;
    Ok(row.as_ref().map(session_in).transpose()?.map(|(_, session)| session))
}

pub(super) async fn sessions(pool: &SqlitePool, account: AccountId) -> Changed<Vec<(TokenHash, Session)>> {
    let query =
        concat!("SELECT ", columns!(), " FROM accounts a JOIN sessions s ON s.account = a.id WHERE a.account_id = ?");
    sqlx::query(query).bind(account.as_bytes()).fetch_all(pool).await?.iter().map(session_in).collect()
}

fn session_in(row: &SqliteRow) -> Changed<(TokenHash, Session)> {
    let secret = match row.try_get::<Option<u8>, _>(5)? {
        Some(number) => Some(SecretKind::from_number(number).ok_or(StoreError::Corrupt)?),
        None => None,
    };
    let session = Session {
        account: AccountId(fixed(row, 0)?),
        handle: fixed(row, 2)?,
        created: unsigned(row, 3)?,
        used: unsigned(row, 4)?,
        secret,
        by_login: row.try_get(6)?,
        browser: BrowserFamily::from_number(row.try_get(7)?).ok_or(StoreError::Corrupt)?,
        system: SystemFamily::from_number(row.try_get(8)?).ok_or(StoreError::Corrupt)?,
        replaced: replaced_in(row, 9)?,
    };
    Ok((fixed(row, 1)?, session))
}

/// `replaced_by` in this column, and `replaced_ended` in the next.
pub(super) fn replaced_in(row: &SqliteRow, column: usize) -> Changed<Option<Replaced>> {
    if row.try_get::<Option<&[u8]>, _>(column)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Replaced { login: fixed(row, column)?, ended: row.try_get(column + 1)? }))
}

/// A blob of this length.
pub(super) fn fixed<const N: usize>(row: &SqliteRow, column: usize) -> Changed<[u8; N]> {
    row.try_get::<&[u8], _>(column)?.try_into().map_err(|_| Failed::Answer(StoreError::Corrupt))
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

pub(super) async fn end_which(
    c: &mut SqliteConnection,
    by: TokenHash,
    which: WhichSessions,
    alive: Horizon,
) -> Changed<EndedSessions> {
    let row = sqlx::query("SELECT account FROM sessions WHERE token_hash = ?").bind(&by[..]).fetch_optional(&mut *c);
    let account: i64 = row.await?.ok_or(StoreError::NoSession)?.try_get(0)?;
    let WhichSessions::One(handle) = which else { return end_others(c, account, by, alive).await };
    let ended = sqlx::query(
        "DELETE FROM sessions WHERE account = ?1 AND handle = ?2 RETURNING token_hash, used_ms > ?3 AND created_ms > ?4",
    );
    ended_in(ended.bind(account).bind(handle.to_vec()), c, alive).await
}

/// Ends every session of this account but one.
pub(super) async fn end_others(
    c: &mut SqliteConnection,
    account: i64,
    but: TokenHash,
    alive: Horizon,
) -> Changed<EndedSessions> {
    let ended = sqlx::query(
        "DELETE FROM sessions WHERE account = ?1 AND token_hash <> ?2 \
         RETURNING token_hash, used_ms > ?3 AND created_ms > ?4",
    );
    ended_in(ended.bind(account).bind(but.to_vec()), c, alive).await
}

async fn ended_in(delete: Bound, c: &mut SqliteConnection, alive: Horizon) -> Changed<EndedSessions> {
    let delete = delete.bind(alive.used.cast_signed()).bind(alive.created.cast_signed());
    let mut ended = EndedSessions::default();
    for row in delete.fetch_all(c).await? {
        ended.add(fixed(&row, 0)?, row.try_get(1)?);
    }
    Ok(ended)
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
    let share = |row: &SqliteRow| row.try_get::<&[u8], _>(0).ok()?.try_into().ok();
    rows.await?.iter().map(|row| share(row).ok_or(Failed::Answer(StoreError::Corrupt))).collect()
}
