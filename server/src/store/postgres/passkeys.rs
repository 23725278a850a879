//! Passkeys: ways in of which an account may have some, or none.

use signet_shared::{
    AccountId,
    opaque::{PasskeyPlace, SecretKind},
};
use sqlx::{PgConnection, PgPool, Row};

use super::{
    super::{Millis, PendingId, StoreError, TokenHash},
    lock,
    rows::{Changed, fixed, small, unsigned},
};

/// Puts what is pending where no passkey is. Its version is when that was made, so that no other of this place ever has it.
pub(super) async fn add(
    c: &mut PgConnection,
    (account, kind): (i64, i16),
    token: TokenHash,
    pending: PendingId,
    made_after: Millis,
) -> Changed<u64> {
    let added = sqlx::query(
        "INSERT INTO access (account, kind, profile, record, slot, version) \
         SELECT account, kind, profile, record, slot, made_ms FROM pending \
         WHERE account = $1 AND kind = $2 AND token_hash = $3 AND id = $4 AND made_ms > $5 ON CONFLICT DO NOTHING",
    )
    .bind(account)
    .bind(kind)
    .bind(&token[..])
    .bind(&pending[..])
    .bind(made_after.cast_signed())
    .execute(c)
    .await?;
    Ok(added.rows_affected())
}

pub(super) async fn list(pool: &PgPool, account: AccountId) -> Changed<Vec<(PasskeyPlace, Millis)>> {
    let rows = sqlx::query(
        "SELECT w.kind, w.version FROM accounts a JOIN access w ON w.account = a.id WHERE a.account_id = $1 ORDER BY w.kind",
    );
    let mut found = Vec::new();
    for row in rows.bind(account.as_bytes()).fetch_all(pool).await? {
        if let Some(SecretKind::Passkey(place)) = SecretKind::from_number(small(&row, 0)?) {
            found.push((place, unsigned(&row, 1)?));
        }
    }
    Ok(found)
}

pub(super) async fn remove(c: &mut PgConnection, token: TokenHash, passkey: PasskeyPlace) -> Changed<Vec<TokenHash>> {
    let account = lock::of_session(c, token).await?.ok_or(StoreError::NoSession)?;
    let session = sqlx::query("SELECT secret IS NOT NULL FROM sessions WHERE token_hash = $1").bind(&token[..]);
    let session = session.fetch_optional(&mut *c).await?.ok_or(StoreError::NoSession)?;
    if !session.try_get::<bool, _>(0)? {
        return Err(StoreError::SecretReplaced.into());
    }
    let kind = i16::from(SecretKind::Passkey(passkey).number());
    for sql in
        ["DELETE FROM access WHERE account = $1 AND kind = $2", "DELETE FROM pending WHERE account = $1 AND kind = $2"]
    {
        sqlx::query(sql).bind(account).bind(kind).execute(&mut *c).await?;
    }
    let ended = sqlx::query(
        "DELETE FROM sessions WHERE account = $1 AND secret = $2 AND token_hash <> $3 RETURNING token_hash",
    );
    let ended = ended.bind(account).bind(kind).bind(&token[..]).fetch_all(&mut *c).await?;
    // The one that removes it may have been opened by it, and goes on.
    let stays = sqlx::query("UPDATE sessions SET secret = NULL WHERE account = $1 AND secret = $2");
    stays.bind(account).bind(kind).execute(&mut *c).await?;
    ended.iter().map(|row| fixed(row, 0)).collect()
}
