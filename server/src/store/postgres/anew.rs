//! Starting an account anew.

use signet_shared::{AccountId, api::AnewId, opaque::SecretKind};
use sqlx::{PgConnection, PgPool, Row, postgres::PgRow};

use super::{
    super::{
        AnewRequest, BegunAnew, Credential, Earlier, Millis, NewIdentity, NewRequest, Object, Right, SecretHash, Stand,
        StoreError, TokenHash,
    },
    change::{KEYSTORE, STATE},
    lock,
    rows::{Changed, account, fixed, small, unsigned},
};

pub(super) async fn put_code(c: &mut PgConnection, username: &str, code: SecretHash, expires: Millis) -> Changed<()> {
    let put = sqlx::query(
        "INSERT INTO anew_codes (account, code_hash, expires_ms) \
         SELECT id, $2, $3 FROM accounts WHERE username = $1 \
         ON CONFLICT (account) DO UPDATE SET code_hash = excluded.code_hash, expires_ms = excluded.expires_ms",
    )
    .bind(username)
    .bind(&code[..])
    .bind(expires.cast_signed())
    .execute(c)
    .await?;
    if put.rows_affected() == 0 { Err(StoreError::NoSuchAccount.into()) } else { Ok(()) }
}

const REQUEST: &str =
    "SELECT a.account_id, n.id, n.claim, n.asked_ms, n.state FROM anew n JOIN accounts a ON a.id = n.account";

fn request_in(row: &PgRow) -> Changed<AnewRequest> {
    let stand = match small(row, 4)? {
        1 => Stand::Waiting,
        2 => Stand::Refused,
        3 => Stand::Done,
        _ => return Err(StoreError::Corrupt.into()),
    };
    Ok(AnewRequest {
        account: account(row, 0)?,
        id: fixed(row, 1)?,
        claim: fixed(row, 2)?,
        asked: unsigned(row, 3)?,
        stand,
    })
}

async fn by_claim(c: &mut PgConnection, claim: SecretHash) -> Changed<Option<AnewRequest>> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{REQUEST} WHERE n.claim = $1"))).bind(&claim[..]);
    row.fetch_optional(c).await?.as_ref().map(request_in).transpose()
}

pub(super) async fn anew_by_claim(pool: &PgPool, claim: SecretHash) -> Changed<Option<AnewRequest>> {
    by_claim(&mut *pool.acquire().await?, claim).await
}

pub(super) async fn anew_of(pool: &PgPool, account: AccountId) -> Changed<Option<AnewRequest>> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("{REQUEST} WHERE a.account_id = $1")));
    let row = row.bind(account.as_bytes()).fetch_optional(pool).await?;
    row.as_ref().map(request_in).transpose()
}

pub(super) async fn ask_anew(c: &mut PgConnection, new: NewRequest) -> Changed<AnewRequest> {
    let NewRequest { right, id, claim, now } = new;
    let by_code = matches!(right, Right::Code { .. });
    let account: i64 = match right {
        Right::Code { username, hash } => {
            lock::by_name(c, &username).await?;
            if let Some(before) = by_claim(&mut *c, claim).await? {
                let name = sqlx::query("SELECT username FROM accounts WHERE account_id = $1");
                let name: String = name.bind(before.account.as_bytes()).fetch_one(&mut *c).await?.try_get(0)?;
                return if name == username { Ok(before) } else { Err(StoreError::NotFound.into()) };
            }
            let used = sqlx::query(
                "DELETE FROM anew_codes WHERE account = (SELECT id FROM accounts WHERE username = $1) \
                 AND code_hash = $2 AND expires_ms > $3 RETURNING account",
            )
            .bind(username)
            .bind(&hash[..])
            .bind(now.cast_signed());
            used.fetch_optional(&mut *c).await?.ok_or(StoreError::NotFound)?.try_get(0)?
        }
        Right::Session(token) => {
            lock::of_session(c, token).await?;
            let session = sqlx::query(
                "SELECT s.account, a.account_id FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.token_hash = $1",
            );
            let session = session.bind(&token[..]).fetch_optional(&mut *c).await?.ok_or(StoreError::NoSession)?;
            if let Some(before) = by_claim(&mut *c, claim).await? {
                let mine = before.account.as_bytes()[..] == *session.try_get::<&[u8], _>(1)?;
                return if mine { Ok(before) } else { Err(StoreError::NotFound.into()) };
            }
            let account: i64 = session.try_get(0)?;
            let vetted = sqlx::query("SELECT 1 FROM anew WHERE account = $1 AND by_code AND state = 1").bind(account);
            if vetted.fetch_optional(&mut *c).await?.is_some() {
                return Err(StoreError::PlaceTaken.into());
            }
            account
        }
    };
    sqlx::query(
        "INSERT INTO anew (account, id, claim, asked_ms, state, by_code) VALUES ($1, $2, $3, $4, 1, $5) \
         ON CONFLICT (account) DO UPDATE SET id = excluded.id, claim = excluded.claim, asked_ms = excluded.asked_ms, \
         state = excluded.state, by_code = excluded.by_code",
    )
    .bind(account)
    .bind(&id[..])
    .bind(&claim[..])
    .bind(now.cast_signed())
    .bind(by_code)
    .execute(&mut *c)
    .await?;
    Ok(by_claim(c, claim).await?.ok_or(StoreError::Corrupt)?)
}

pub(super) async fn refuse_anew(c: &mut PgConnection, token: TokenHash, id: AnewId) -> Changed<()> {
    lock::of_session(c, token).await?;
    let session = sqlx::query("SELECT account FROM sessions WHERE token_hash = $1").bind(&token[..]);
    let account: i64 = session.fetch_optional(&mut *c).await?.ok_or(StoreError::NoSession)?.try_get(0)?;
    let refused = sqlx::query("UPDATE anew SET state = 2 WHERE account = $1 AND id = $2 AND state <> 3");
    let refused = refused.bind(account).bind(&id[..]).execute(c).await?;
    if refused.rows_affected() == 0 { Err(StoreError::NotFound.into()) } else { Ok(()) }
}

pub(super) async fn begin_anew(c: &mut PgConnection, new: NewIdentity) -> Changed<BegunAnew> {
    let request = by_claim(&mut *c, new.claim).await?.ok_or(StoreError::NotFound)?;
    lock::by_id(c, request.account).await?;
    // And as it stands now that nobody else can change it.
    let request = by_claim(&mut *c, new.claim).await?.ok_or(StoreError::NotFound)?;
    let row = sqlx::query(
        "SELECT a.id, k.version, k.bytes = $2, o.version, s.seq, s.bytes = $3, p.version, p.record = $4, r.record = $5 \
         FROM accounts a JOIN objects k ON k.account = a.id AND k.kind = $6 \
         JOIN objects o ON o.account = a.id AND o.kind = $7 JOIN statements s ON s.account = a.id \
         JOIN access p ON p.account = a.id AND p.kind = 1 JOIN access r ON r.account = a.id AND r.kind = 2 \
         WHERE a.account_id = $1 ORDER BY s.seq DESC LIMIT 1",
    )
    .bind(request.account.as_bytes())
    .bind(&new.keystore.bytes)
    .bind(&new.statement)
    .bind(&new.password.record)
    .bind(&new.recovery.record)
    .bind(KEYSTORE)
    .bind(STATE)
    .fetch_optional(&mut *c)
    .await?
    .ok_or(StoreError::NoSuchAccount)?;
    let account: i64 = row.try_get(0)?;
    let (keystore, state, seq, version) =
        (unsigned(&row, 1)?, unsigned(&row, 3)?, unsigned(&row, 4)?, unsigned(&row, 6)?);
    match request.stand {
        Stand::Done => {
            let same: bool = row.try_get(2)? && row.try_get(5)? && row.try_get(7)? && row.try_get(8)?;
            let again = BegunAnew { account: request.account, version, ended: Vec::new() };
            return if same && seq == new.seq { Ok(again) } else { Err(StoreError::NotFound.into()) };
        }
        Stand::Refused => return Err(StoreError::Refused.into()),
        Stand::Waiting if request.asked > new.asked_by => return Err(StoreError::TooEarly.into()),
        Stand::Waiting => {}
    }
    let follows = new.seq == seq.saturating_add(1)
        && new.keystore.version == keystore.saturating_add(1)
        && new.state.version > state
        && i64::try_from(new.state.version).is_ok();
    if !follows {
        return Err(StoreError::VersionConflict.into());
    }
    keep_as_earlier(&mut *c, account, seq).await?;
    for (kind, access) in [(1_i16, &new.password), (2, &new.recovery)] {
        sqlx::query(
            "UPDATE access SET version = version + 1, profile = $1, record = $2, slot = $3 WHERE account = $4 AND kind = $5",
        )
        .bind(i16::from(new.profile))
        .bind(&access.record)
        .bind(&access.slot)
        .bind(account)
        .bind(kind)
        .execute(&mut *c)
        .await?;
    }
    for (kind, object) in [(KEYSTORE, &new.keystore), (STATE, &new.state)] {
        sqlx::query("UPDATE objects SET version = $1, bytes = $2 WHERE account = $3 AND kind = $4")
            .bind(object.version.cast_signed())
            .bind(&object.bytes)
            .bind(account)
            .bind(kind)
            .execute(&mut *c)
            .await?;
    }
    sqlx::query("INSERT INTO statements (account, seq, bytes) VALUES ($1, $2, $3)")
        .bind(account)
        .bind(new.seq.cast_signed())
        .bind(&new.statement)
        .execute(&mut *c)
        .await?;
    for gone in [
        "DELETE FROM pending WHERE account = $1",
        "DELETE FROM anew_codes WHERE account = $1",
        // Passkeys: what they open is of the earlier identity.
        "DELETE FROM access WHERE account = $1 AND kind > 2",
    ] {
        sqlx::query(gone).bind(account).execute(&mut *c).await?;
    }
    let ended = sqlx::query("DELETE FROM sessions WHERE account = $1 RETURNING token_hash").bind(account);
    let ended = ended.fetch_all(&mut *c).await?.iter().map(|row| fixed(row, 0)).collect::<Changed<_>>()?;
    sqlx::query("UPDATE anew SET state = 3 WHERE account = $1").bind(account).execute(c).await?;
    Ok(BegunAnew { account: request.account, version: version.saturating_add(1), ended })
}

async fn keep_as_earlier(c: &mut PgConnection, account: i64, seq: u64) -> Changed<()> {
    for keep in [
        "INSERT INTO earlier (account, seq, keystore_version, keystore, state_version, state) \
         SELECT k.account, $2, k.version, k.bytes, o.version, o.bytes FROM objects k JOIN objects o \
         ON o.account = k.account WHERE k.account = $1 AND k.kind = 1 AND o.kind = 2",
        "INSERT INTO earlier_access (account, seq, kind, profile, record, slot) \
         SELECT account, $2, kind, profile, record, slot FROM access WHERE account = $1",
    ] {
        sqlx::query(keep).bind(account).bind(seq.cast_signed()).execute(&mut *c).await?;
    }
    Ok(())
}

pub(super) async fn earlier_credential(
    pool: &PgPool,
    account: AccountId,
    seq: u64,
    kind: SecretKind,
) -> Changed<Option<Credential>> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let row = sqlx::query(
        "SELECT w.profile, w.record FROM earlier_access w JOIN accounts a ON a.id = w.account \
         WHERE a.account_id = $1 AND w.seq = $2 AND w.kind = $3",
    )
    .bind(account.as_bytes())
    .bind(seq)
    .bind(i16::from(kind.number()))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Credential { account, profile: small(&row, 0)?, record: row.try_get(1)?, version: 0 }))
}

pub(super) async fn earlier(pool: &PgPool, account: AccountId, seq: u64, kind: SecretKind) -> Changed<Option<Earlier>> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
    let row = sqlx::query(
        "SELECT w.slot, e.keystore_version, e.keystore, e.state_version, e.state FROM earlier e \
         JOIN accounts a ON a.id = e.account JOIN earlier_access w ON w.account = e.account AND w.seq = e.seq \
         WHERE a.account_id = $1 AND e.seq = $2 AND w.kind = $3",
    )
    .bind(account.as_bytes())
    .bind(seq)
    .bind(i16::from(kind.number()))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Earlier {
        slot: row.try_get(0)?,
        keystore: Object { version: unsigned(&row, 1)?, bytes: row.try_get(2)? },
        state: Object { version: unsigned(&row, 3)?, bytes: row.try_get(4)? },
    }))
}

pub(super) async fn forget_anew(c: &mut PgConnection, now: Millis, asked_before: Millis) -> Changed<u64> {
    let mut gone = 0;
    for (query, before) in
        [("DELETE FROM anew_codes WHERE expires_ms <= $1", now), ("DELETE FROM anew WHERE asked_ms < $1", asked_before)]
    {
        gone += sqlx::query(query).bind(before.cast_signed()).execute(&mut *c).await?.rows_affected();
    }
    Ok(gone)
}
