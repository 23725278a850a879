//! Replacing a secret.

use signet_shared::opaque::SecretKind;
use sqlx::{PgConnection, PgPool, Row};

use super::{
    super::{EndedSessions, Millis, Pending, PendingId, Replace, ReplaceKeys, Rescue, StoreError, TokenHash},
    change::put_state_of,
    keys::{keystore_is, put_keys_of},
    lock, passkeys,
    rows::{Changed, fixed, small, unsigned},
    sessions::{end_others, replaced_in},
};

pub(super) async fn put_pending(
    c: &mut PgConnection,
    token: TokenHash,
    kind: SecretKind,
    pending: Pending,
) -> Changed<()> {
    lock::of_session(c, token).await?;
    let put = sqlx::query(
        "INSERT INTO pending (account, kind, token_hash, id, made_ms, profile, record, slot) \
         SELECT account, $2, token_hash, $3, $4, $5, $6, $7 FROM sessions WHERE token_hash = $1 \
         ON CONFLICT (account, kind) DO UPDATE SET token_hash = excluded.token_hash, id = excluded.id, \
         made_ms = excluded.made_ms, profile = excluded.profile, record = excluded.record, slot = excluded.slot",
    )
    .bind(&token[..])
    .bind(i16::from(kind.number()))
    .bind(&pending.id[..])
    .bind(pending.made.cast_signed())
    .bind(i16::from(pending.profile))
    .bind(pending.record)
    .bind(pending.slot)
    .execute(c)
    .await?;
    if put.rows_affected() == 0 { Err(StoreError::NoSession.into()) } else { Ok(()) }
}

pub(super) async fn pending(pool: &PgPool, token: TokenHash, kind: SecretKind) -> Changed<Option<Pending>> {
    let row = sqlx::query("SELECT id, made_ms, profile, record, slot FROM pending WHERE token_hash = $1 AND kind = $2")
        .bind(&token[..])
        .bind(i16::from(kind.number()))
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Pending {
        id: fixed(&row, 0)?,
        made: unsigned(&row, 1)?,
        profile: small(&row, 2)?,
        record: row.try_get(3)?,
        slot: row.try_get(4)?,
    }))
}

pub(super) async fn replace(c: &mut PgConnection, replace: Replace) -> Changed<EndedSessions> {
    let account = match begin(c, replace.token, &replace.login).await? {
        Begun::Before(count) => return Ok(EndedSessions { count, tokens: Vec::new() }),
        Begun::Now { account } => account,
    };
    match replace.keys {
        ReplaceKeys::Whatever => {}
        ReplaceKeys::Of(version) => keystore_is(c, account, version).await?,
        ReplaceKeys::Next(keys) => drop(put_keys_of(c, account, keys).await?),
    }
    swap(c, account, replace.token, (replace.kind, replace.pending), replace.made_after).await?;
    let ended = if replace.end_others {
        end_others(c, account, replace.token, replace.alive).await?
    } else {
        EndedSessions::default()
    };
    note(c, replace.token, &replace.login, ended.count).await?;
    Ok(ended)
}

pub(super) async fn rescue(c: &mut PgConnection, rescue: Rescue) -> Changed<EndedSessions> {
    let Rescue { token, password, recovery, made_after, login, keys, expected, state, alive } = rescue;
    let account = match begin(c, token, &login).await? {
        Begun::Before(count) => return Ok(EndedSessions { count, tokens: Vec::new() }),
        Begun::Now { account } => account,
    };
    put_keys_of(c, account, keys).await?;
    put_state_of(c, account, expected, state).await?;
    for way in [(SecretKind::Password, password), (SecretKind::RecoveryKey, recovery)] {
        swap(c, account, token, way, made_after).await?;
    }
    // What other ways in open is the old master key.
    let kept = [SecretKind::Password, SecretKind::RecoveryKey].map(|kind| i16::from(kind.number()));
    let [password, recovery] = kept;
    for others in [
        "DELETE FROM access WHERE account = $1 AND kind NOT IN ($2, $3)",
        "DELETE FROM pending WHERE account = $1 AND kind NOT IN ($2, $3)",
    ] {
        sqlx::query(others).bind(account).bind(password).bind(recovery).execute(&mut *c).await?;
    }
    // Whoever got in may have asked to begin anew, or have got a code.
    sqlx::query("DELETE FROM anew_codes WHERE account = $1").bind(account).execute(&mut *c).await?;
    sqlx::query("UPDATE anew SET state = 2 WHERE account = $1 AND state = 1").bind(account).execute(&mut *c).await?;
    sqlx::query("DELETE FROM shares WHERE token_hash = $1").bind(&token[..]).execute(&mut *c).await?;
    let ended = end_others(c, account, token, alive).await?;
    note(c, token, &login, ended.count).await?;
    Ok(ended)
}

/// What becomes of a request by which a session replaces secrets.
enum Begun {
    Now {
        account: i64,
    },
    /// It has been carried out, and ended so many sessions.
    Before(u32),
}

async fn begin(c: &mut PgConnection, token: TokenHash, login: &[u8; 32]) -> Changed<Begun> {
    lock::of_session(c, token).await?;
    let row = sqlx::query("SELECT account, replaced_by, replaced_ended, secret FROM sessions WHERE token_hash = $1")
        .bind(&token[..])
        .fetch_optional(&mut *c)
        .await?
        .ok_or(StoreError::NoSession)?;
    if let Some(before) = replaced_in(&row, 1)?
        && before.login == *login
    {
        return Ok(Begun::Before(before.ended));
    }
    if row.try_get::<Option<i16>, _>(3)?.is_none() {
        return Err(StoreError::SecretReplaced.into());
    }
    Ok(Begun::Now { account: row.try_get(0)? })
}

/// Puts what is pending in place of the way in of its kind.
async fn swap(
    c: &mut PgConnection,
    account: i64,
    token: TokenHash,
    (kind, pending): (SecretKind, PendingId),
    made_after: Millis,
) -> Changed<()> {
    let is_passkey = matches!(kind, SecretKind::Passkey(_));
    let kind = i16::from(kind.number());
    let replaced = if is_passkey {
        passkeys::add(c, (account, kind), token, pending, made_after).await?
    } else {
        take_place(c, (account, kind), token, pending, made_after).await?
    };
    if replaced == 0 {
        return Err(StoreError::VersionConflict.into());
    }
    let used = sqlx::query("DELETE FROM pending WHERE account = $1 AND kind = $2").bind(account).bind(kind);
    used.execute(&mut *c).await?;
    sqlx::query("UPDATE sessions SET secret = NULL WHERE account = $1 AND secret = $2 AND token_hash <> $3")
        .bind(account)
        .bind(kind)
        .bind(&token[..])
        .execute(c)
        .await?;
    Ok(())
}

async fn take_place(
    c: &mut PgConnection,
    (account, kind): (i64, i16),
    token: TokenHash,
    pending: PendingId,
    made_after: Millis,
) -> Changed<u64> {
    let replaced = sqlx::query(
        "UPDATE access SET version = access.version + 1, profile = p.profile, record = p.record, slot = p.slot \
         FROM pending p WHERE access.account = p.account AND access.kind = p.kind \
         AND p.account = $1 AND p.kind = $2 AND p.token_hash = $3 AND p.id = $4 AND p.made_ms > $5",
    )
    .bind(account)
    .bind(kind)
    .bind(&token[..])
    .bind(&pending[..])
    .bind(made_after.cast_signed())
    .execute(c)
    .await?;
    Ok(replaced.rows_affected())
}

async fn note(c: &mut PgConnection, token: TokenHash, login: &[u8; 32], ended: u32) -> Changed<()> {
    sqlx::query("UPDATE sessions SET replaced_by = $1, replaced_ended = $2 WHERE token_hash = $3")
        .bind(&login[..])
        .bind(i64::from(ended))
        .bind(&token[..])
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn forget_pending(c: &mut PgConnection, made_before: Millis) -> Changed<u64> {
    let gone = sqlx::query("DELETE FROM pending WHERE made_ms < $1").bind(made_before.cast_signed()).execute(c).await?;
    Ok(gone.rows_affected())
}
