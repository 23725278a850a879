//! New keys: a keystore and the statement that names what is in it.

use signet_shared::AccountId;
use sqlx::{PgConnection, Row};

use super::{
    super::{NewKeys, StoreError},
    change::KEYSTORE,
    lock,
    rows::{Changed, unsigned},
};

pub(super) async fn put_keys(c: &mut PgConnection, account: AccountId, keys: NewKeys) -> Changed<u64> {
    let account = lock::by_id(c, account).await?.ok_or(StoreError::NoSuchAccount)?;
    put_keys_of(c, account, keys).await
}

/// As [`put_keys`], of an account that is locked.
pub(super) async fn put_keys_of(c: &mut PgConnection, account: i64, keys: NewKeys) -> Changed<u64> {
    let NewKeys { expected, keystore, seq, statement } = keys;
    let row = sqlx::query(
        "SELECT k.version, k.bytes = $2, s.seq, s.bytes = $3 FROM objects k JOIN statements s ON s.account = k.account \
         WHERE k.account = $1 AND k.kind = $4 ORDER BY s.seq DESC LIMIT 1",
    )
    .bind(account)
    .bind(&keystore)
    .bind(&statement)
    .bind(KEYSTORE)
    .fetch_optional(&mut *c)
    .await?
    .ok_or(StoreError::NoSuchAccount)?;
    let (version, newest) = (unsigned(&row, 0)?, unsigned(&row, 2)?);
    let next = expected.saturating_add(1);
    if (version, newest) == (next, seq) && row.try_get(1)? && row.try_get(3)? {
        return Ok(next);
    }
    if version != expected || newest.saturating_add(1) != seq {
        return Err(StoreError::VersionConflict.into());
    }
    sqlx::query("UPDATE objects SET version = $1, bytes = $2 WHERE account = $3 AND kind = $4")
        .bind(next.cast_signed())
        .bind(keystore)
        .bind(account)
        .bind(KEYSTORE)
        .execute(&mut *c)
        .await?;
    sqlx::query("INSERT INTO statements (account, seq, bytes) VALUES ($1, $2, $3)")
        .bind(account)
        .bind(seq.cast_signed())
        .bind(statement)
        .execute(c)
        .await?;
    Ok(next)
}

/// That the keystore of an account that is locked is of this version.
pub(super) async fn keystore_is(c: &mut PgConnection, account: i64, version: u64) -> Changed<()> {
    let row = sqlx::query("SELECT version FROM objects WHERE account = $1 AND kind = $2").bind(account).bind(KEYSTORE);
    let row = row.fetch_optional(c).await?.ok_or(StoreError::NoSuchAccount)?;
    if unsigned(&row, 0)? == version { Ok(()) } else { Err(StoreError::VersionConflict.into()) }
}
