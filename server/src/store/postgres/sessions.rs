//! Sessions and their shares.

use signet_shared::{
    AccountId,
    api::{self, BrowserFamily, SystemFamily, WhichSessions},
    opaque::SecretKind,
};
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};

use super::{
    super::{EndedSessions, Horizon, Millis, NewSession, Replaced, Session, Share, StoreError, TokenHash},
    Failed, lock,
    rows::{Changed, account, fixed, small, unsigned},
};

type Bound = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

pub(super) async fn open(c: &mut PgConnection, new: NewSession, instead: Option<TokenHash>) -> Changed<()> {
    lock::by_id(c, new.account).await?;
    if let Some(old) = instead {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(&old[..]).execute(&mut *c).await?;
    }
    let opened = sqlx::query(
        "INSERT INTO sessions (token_hash, account, created_ms, used_ms, handle, secret, by_login, browser, system) \
         SELECT $1, a.id, $2, $2, $3, w.kind, $4, $5, $6 FROM accounts a JOIN access w ON w.account = a.id \
         WHERE a.account_id = $7 AND w.kind = $8 AND w.version = $9",
    )
    .bind(&new.token[..])
    .bind(new.now.cast_signed())
    .bind(&new.handle[..])
    .bind(new.by_login)
    .bind(i16::from(new.browser.number()))
    .bind(i16::from(new.system.number()))
    .bind(new.account.as_bytes())
    .bind(i64::from(new.secret.number()))
    .bind(new.version.cast_signed())
    .execute(&mut *c)
    .await?;
    if opened.rows_affected() > 0 {
        return Ok(());
    }
    let there = sqlx::query("SELECT 1 FROM accounts WHERE account_id = $1").bind(new.account.as_bytes());
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

pub(super) async fn session(pool: &PgPool, token: TokenHash) -> Changed<Option<Session>> {
    let query =
        concat!("SELECT ", columns!(), " FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.token_hash = $1");
    let row = sqlx::query(query).bind(&token[..]).fetch_optional(pool).await?;
    Ok(row.as_ref().map(session_in).transpose()?.map(|(_, session)| session))
}

pub(super) async fn sessions(pool: &PgPool, account: AccountId) -> Changed<Vec<(TokenHash, Session)>> {
    let query =
        concat!("SELECT ", columns!(), " FROM accounts a JOIN sessions s ON s.account = a.id WHERE a.account_id = $1");
    sqlx::query(query).bind(account.as_bytes()).fetch_all(pool).await?.iter().map(session_in).collect()
}

fn session_in(row: &PgRow) -> Changed<(TokenHash, Session)> {
    let secret = match row.try_get::<Option<i16>, _>(5)? {
        Some(_) => Some(SecretKind::from_number(small(row, 5)?).ok_or(StoreError::Corrupt)?),
        None => None,
    };
    let session = Session {
        account: account(row, 0)?,
        handle: fixed(row, 2)?,
        created: unsigned(row, 3)?,
        used: unsigned(row, 4)?,
        secret,
        by_login: row.try_get(6)?,
        browser: BrowserFamily::from_number(small(row, 7)?).ok_or(StoreError::Corrupt)?,
        system: SystemFamily::from_number(small(row, 8)?).ok_or(StoreError::Corrupt)?,
        replaced: replaced_in(row, 9)?,
    };
    Ok((fixed(row, 1)?, session))
}

/// `replaced_by` in this column, and `replaced_ended` in the next.
pub(super) fn replaced_in(row: &PgRow, column: usize) -> Changed<Option<Replaced>> {
    if row.try_get::<Option<&[u8]>, _>(column)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Replaced {
        login: fixed(row, column)?,
        ended: u32::try_from(unsigned(row, column + 1)?).map_err(|_| StoreError::Corrupt)?,
    }))
}

pub(super) async fn touch(c: &mut PgConnection, token: TokenHash, now: Millis) -> Changed<()> {
    sqlx::query("UPDATE sessions SET used_ms = $1 WHERE token_hash = $2")
        .bind(now.cast_signed())
        .bind(&token[..])
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn end(c: &mut PgConnection, token: TokenHash) -> Changed<()> {
    lock::of_session(c, token).await?;
    sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(&token[..]).execute(c).await?;
    Ok(())
}

pub(super) async fn end_which(
    c: &mut PgConnection,
    by: TokenHash,
    which: WhichSessions,
    alive: Horizon,
) -> Changed<EndedSessions> {
    lock::of_session(c, by).await?;
    let row = sqlx::query("SELECT account FROM sessions WHERE token_hash = $1").bind(&by[..]).fetch_optional(&mut *c);
    let account: i64 = row.await?.ok_or(StoreError::NoSession)?.try_get(0)?;
    let WhichSessions::One(handle) = which else { return end_others(c, account, by, alive).await };
    let ended = sqlx::query(
        "DELETE FROM sessions WHERE account = $1 AND handle = $2 RETURNING token_hash, used_ms > $3 AND created_ms > $4",
    );
    ended_in(ended.bind(account).bind(handle.to_vec()), c, alive).await
}

/// Ends every session of this account but one.
pub(super) async fn end_others(
    c: &mut PgConnection,
    account: i64,
    but: TokenHash,
    alive: Horizon,
) -> Changed<EndedSessions> {
    let ended = sqlx::query(
        "DELETE FROM sessions WHERE account = $1 AND token_hash <> $2 \
         RETURNING token_hash, used_ms > $3 AND created_ms > $4",
    );
    ended_in(ended.bind(account).bind(but.to_vec()), c, alive).await
}

async fn ended_in(delete: Bound, c: &mut PgConnection, alive: Horizon) -> Changed<EndedSessions> {
    let delete = delete.bind(alive.used.cast_signed()).bind(alive.created.cast_signed());
    let mut ended = EndedSessions::default();
    for row in delete.fetch_all(c).await? {
        ended.add(fixed(&row, 0)?, row.try_get(1)?);
    }
    Ok(ended)
}

pub(super) async fn expire(c: &mut PgConnection, used_before: Millis, created_before: Millis) -> Changed<u64> {
    let gone = sqlx::query("DELETE FROM sessions WHERE used_ms < $1 OR created_ms < $2")
        .bind(used_before.cast_signed())
        .bind(created_before.cast_signed())
        .execute(c)
        .await?;
    Ok(gone.rows_affected())
}

pub(super) async fn take_shares(c: &mut PgConnection, token: TokenHash, next: Share) -> Changed<Vec<Share>> {
    let shares = shares(c, token).await?;
    let held: Vec<Share> = shares.iter().filter(|share| **share != next).copied().collect();
    if held.len() == shares.len() {
        if shares.len() >= api::MAX_SHARES {
            return Err(StoreError::TooMany.into());
        }
        sqlx::query("INSERT INTO shares (token_hash, share) VALUES ($1, $2)")
            .bind(&token[..])
            .bind(&next[..])
            .execute(c)
            .await?;
    }
    Ok(held)
}

pub(super) async fn confirm_share(c: &mut PgConnection, token: TokenHash, keep: Share) -> Changed<()> {
    if !shares(c, token).await?.contains(&keep) {
        return Err(StoreError::NotFound.into());
    }
    sqlx::query("DELETE FROM shares WHERE token_hash = $1 AND share <> $2")
        .bind(&token[..])
        .bind(&keep[..])
        .execute(c)
        .await?;
    Ok(())
}

/// The shares of a session, whose account is locked.
async fn shares(c: &mut PgConnection, token: TokenHash) -> Changed<Vec<Share>> {
    lock::of_session(c, token).await?;
    let session = sqlx::query("SELECT 1 FROM sessions WHERE token_hash = $1").bind(&token[..]).fetch_optional(&mut *c);
    session.await?.ok_or(StoreError::NotFound)?;
    let rows = sqlx::query("SELECT share FROM shares WHERE token_hash = $1 ORDER BY id").bind(&token[..]).fetch_all(c);
    let share = |row: &PgRow| row.try_get::<&[u8], _>(0).ok()?.try_into().ok();
    rows.await?.iter().map(|row| share(row).ok_or(Failed::Answer(StoreError::Corrupt))).collect()
}
