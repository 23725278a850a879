//! Replacing a secret.

use signet_shared::opaque::SecretKind;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{
    super::{EndedSessions, Millis, Pending, Replace, StoreError, TokenHash},
    Failed,
    read::unsigned,
    sessions::{end_others, fixed, replaced_in},
};

type Changed<T> = Result<T, Failed>;

pub(super) async fn put_pending(
    c: &mut SqliteConnection,
    token: TokenHash,
    kind: SecretKind,
    pending: Pending,
) -> Changed<()> {
    let put = sqlx::query(
        "INSERT OR REPLACE INTO pending (account, kind, token_hash, id, made_ms, profile, record, slot) \
         SELECT account, ?2, token_hash, ?3, ?4, ?5, ?6, ?7 FROM sessions WHERE token_hash = ?1",
    )
    .bind(&token[..])
    .bind(i64::from(kind.number()))
    .bind(&pending.id[..])
    .bind(pending.made.cast_signed())
    .bind(i64::from(pending.profile))
    .bind(pending.record)
    .bind(pending.slot)
    .execute(c)
    .await?;
    if put.rows_affected() == 0 { Err(StoreError::NoSession.into()) } else { Ok(()) }
}

pub(super) async fn pending(pool: &SqlitePool, token: TokenHash, kind: SecretKind) -> Changed<Option<Pending>> {
    let row = sqlx::query("SELECT id, made_ms, profile, record, slot FROM pending WHERE token_hash = ? AND kind = ?")
        .bind(&token[..])
        .bind(i64::from(kind.number()))
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Pending {
        id: fixed(&row, 0)?,
        made: unsigned(&row, 1)?,
        profile: row.try_get(2)?,
        record: row.try_get(3)?,
        slot: row.try_get(4)?,
    }))
}

pub(super) async fn replace(c: &mut SqliteConnection, replace: Replace) -> Changed<EndedSessions> {
    let (token, kind) = (&replace.token[..], i64::from(replace.kind.number()));
    let row = sqlx::query("SELECT account, replaced_by, replaced_ended, secret FROM sessions WHERE token_hash = ?")
        .bind(token)
        .fetch_optional(&mut *c)
        .await?
        .ok_or(StoreError::NoSession)?;
    if let Some(before) = replaced_in(&row, 1)?
        && before.login == replace.login
    {
        return Ok(EndedSessions { count: before.ended, tokens: Vec::new() });
    }
    if row.try_get::<Option<i64>, _>(3)?.is_none() {
        return Err(StoreError::SecretReplaced.into());
    }
    let account: i64 = row.try_get(0)?;

    let replaced = sqlx::query(
        "UPDATE access SET version = access.version + 1, profile = p.profile, record = p.record, slot = p.slot \
         FROM pending p WHERE access.account = p.account AND access.kind = p.kind \
         AND p.account = ?1 AND p.kind = ?2 AND p.token_hash = ?3 AND p.id = ?4 AND p.made_ms > ?5",
    )
    .bind(account)
    .bind(kind)
    .bind(token)
    .bind(&replace.pending[..])
    .bind(replace.made_after.cast_signed())
    .execute(&mut *c)
    .await?;
    if replaced.rows_affected() == 0 {
        return Err(StoreError::VersionConflict.into());
    }
    let used = sqlx::query("DELETE FROM pending WHERE account = ? AND kind = ?").bind(account).bind(kind);
    used.execute(&mut *c).await?;
    sqlx::query("UPDATE sessions SET secret = NULL WHERE account = ? AND secret = ? AND token_hash <> ?")
        .bind(account)
        .bind(kind)
        .bind(token)
        .execute(&mut *c)
        .await?;
    let ended = if replace.end_others {
        end_others(c, account, replace.token, replace.alive).await?
    } else {
        EndedSessions::default()
    };
    sqlx::query("UPDATE sessions SET replaced_by = ?, replaced_ended = ? WHERE token_hash = ?")
        .bind(&replace.login[..])
        .bind(i64::from(ended.count))
        .bind(token)
        .execute(c)
        .await?;
    Ok(ended)
}

pub(super) async fn forget_pending(c: &mut SqliteConnection, made_before: Millis) -> Changed<u64> {
    let gone = sqlx::query("DELETE FROM pending WHERE made_ms < ?").bind(made_before.cast_signed()).execute(c).await?;
    Ok(gone.rows_affected())
}
