//! Changes that have a transaction of their own.

use signet_shared::AccountId;
use sqlx::{PgConnection, Row};

use super::{
    super::{Created, NewAccess, NewAccount, StoreError},
    lock,
    rows::{Changed, small},
};

pub(super) async fn create(c: &mut PgConnection, new: NewAccount) -> Changed<Created> {
    let deleted = sqlx::query("SELECT 1 FROM accounts WHERE username = $1").bind(&new.mark);
    if deleted.fetch_optional(&mut *c).await?.is_some() {
        return Err(StoreError::UsernameTaken.into());
    }
    let inserted = sqlx::query(
        "INSERT INTO accounts (account_id, username, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(new.account.as_bytes())
    .bind(&new.username)
    .bind(new.now.cast_signed())
    .fetch_optional(&mut *c)
    .await?;
    let Some(row) = inserted else {
        return match unchanged(c, new.account).await? {
            Some(old) if new.repeats(&old) => Ok(Created::Before),
            _ => Err(StoreError::UsernameTaken.into()),
        };
    };
    let id: i64 = row.try_get(0)?;
    sqlx::query(
        "INSERT INTO access (account, kind, profile, record, slot) VALUES ($1, 1, $2, $3, $4), ($1, 2, $2, $5, $6)",
    )
    .bind(id)
    .bind(i16::from(new.profile))
    .bind(new.password.record)
    .bind(new.password.slot)
    .bind(new.recovery.record)
    .bind(new.recovery.slot)
    .execute(&mut *c)
    .await?;
    sqlx::query("INSERT INTO statements (account, seq, bytes) VALUES ($1, 1, $2)")
        .bind(id)
        .bind(new.statement)
        .execute(&mut *c)
        .await?;
    sqlx::query("INSERT INTO objects (account, kind, version, bytes) VALUES ($1, $2, 1, $3), ($1, $4, 1, $5)")
        .bind(id)
        .bind(KEYSTORE)
        .bind(new.keystore)
        .bind(STATE)
        .bind(new.state)
        .execute(&mut *c)
        .await?;
    sqlx::query("INSERT INTO heads (account, head) VALUES ($1, 0)").bind(id).execute(&mut *c).await?;
    Ok(Created::Now)
}

/// What an account was created with, if it is still that.
async fn unchanged(c: &mut PgConnection, account: AccountId) -> Changed<Option<NewAccount>> {
    let row = sqlx::query(
        "SELECT a.username, a.created_ms, p.profile, p.record, p.slot, r.record, r.slot, s.bytes, k.bytes, o.bytes \
         FROM accounts a JOIN access p ON p.account = a.id AND p.kind = 1 AND p.version = 1 \
         JOIN access r ON r.account = a.id AND r.kind = 2 AND r.version = 1 \
         JOIN statements s ON s.account = a.id AND s.seq = 1 \
         JOIN objects k ON k.account = a.id AND k.kind = 1 AND k.version = 1 \
         JOIN objects o ON o.account = a.id AND o.kind = 2 AND o.version = 1 WHERE a.account_id = $1",
    )
    .bind(account.as_bytes())
    .fetch_optional(c)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(NewAccount {
        account,
        username: row.try_get(0)?,
        mark: String::new(),
        now: row.try_get::<i64, _>(1)?.cast_unsigned(),
        profile: small(&row, 2)?,
        password: NewAccess { record: row.try_get(3)?, slot: row.try_get(4)? },
        recovery: NewAccess { record: row.try_get(5)?, slot: row.try_get(6)? },
        statement: row.try_get(7)?,
        keystore: row.try_get(8)?,
        state: row.try_get(9)?,
    }))
}

pub(super) const KEYSTORE: i16 = 1;
pub(super) const STATE: i16 = 2;

pub(super) async fn put_state(c: &mut PgConnection, account: AccountId, expected: u64, state: Vec<u8>) -> Changed<u64> {
    let account = lock::by_id(c, account).await?.ok_or(StoreError::NoSuchAccount)?;
    put_state_of(c, account, expected, state).await?;
    Ok(expected.saturating_add(1))
}

/// As [`put_state`], of an account that is there and locked.
pub(super) async fn put_state_of(c: &mut PgConnection, account: i64, expected: u64, state: Vec<u8>) -> Changed<()> {
    let stored = sqlx::query(
        "UPDATE objects SET version = version + 1, bytes = $1 WHERE kind = $2 AND version = $3 AND account = $4",
    )
    .bind(state)
    .bind(STATE)
    .bind(i64::try_from(expected).map_err(|_| StoreError::VersionConflict)?)
    .bind(account)
    .execute(c)
    .await?;
    if stored.rows_affected() == 0 { Err(StoreError::VersionConflict.into()) } else { Ok(()) }
}
