//! Queries, on connections that cannot write.

use signet_shared::{AccountId, api::Who, envelope::Delivery, opaque::SecretKind};
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{
    super::{Credential, Item, Object, PAGE_BYTES, PAGE_ROWS, Row, StoreError, TokenHash, Vault, Versions},
    change::{KEYSTORE, STATE},
    rows::{Changed as Found, account, signed, small, unsigned},
};

/// A mailbox has no gap, so that the rows of a page are this many numbers from its first.
const PAGE: i64 = PAGE_ROWS as i64;

pub(super) async fn alive(pool: &PgPool) -> Found<()> {
    sqlx::query("SELECT count(*) FROM probe").fetch_one(pool).await?;
    Ok(())
}

pub(super) async fn is_free(pool: &PgPool, username: &str) -> Found<bool> {
    let row = sqlx::query("SELECT 1 FROM accounts WHERE username = $1").bind(username).fetch_optional(pool).await?;
    Ok(row.is_none())
}

pub(super) async fn any(pool: &PgPool) -> Found<bool> {
    Ok(sqlx::query("SELECT 1 FROM accounts LIMIT 1").fetch_optional(pool).await?.is_some())
}

pub(super) async fn username(pool: &PgPool, account: AccountId) -> Found<String> {
    let row = sqlx::query("SELECT username FROM accounts WHERE account_id = $1").bind(account.as_bytes());
    Ok(row.fetch_optional(pool).await?.ok_or(StoreError::NoSuchAccount)?.try_get(0)?)
}

pub(super) async fn credential(pool: &PgPool, username: &str, kind: SecretKind) -> Found<Option<Credential>> {
    let row = sqlx::query(
        "SELECT a.account_id, w.profile, w.record, w.version FROM accounts a JOIN access w ON w.account = a.id \
         WHERE a.username = $1 AND w.kind = $2",
    )
    .bind(username)
    .bind(i16::from(kind.number()))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (account, profile) = (account(&row, 0)?, small(&row, 1)?);
    Ok(Some(Credential { account, profile, record: row.try_get(2)?, version: unsigned(&row, 3)? }))
}

pub(super) async fn statements(pool: &PgPool, who: Who, after: u64) -> Found<Vec<Vec<u8>>> {
    let account = match who {
        Who::Name(name) => {
            sqlx::query("SELECT id FROM accounts WHERE username = $1")
                .bind(name.canonical())
                .fetch_optional(pool)
                .await?
        }
        Who::Id(id) => {
            let query = sqlx::query("SELECT id FROM accounts WHERE account_id = $1").bind(id.as_bytes());
            query.fetch_optional(pool).await?
        }
    };
    let account: i64 = account.ok_or(StoreError::NoSuchAccount)?.try_get(0)?;
    let rows = sqlx::query("SELECT bytes FROM statements WHERE account = $1 AND seq > $2 ORDER BY seq")
        .bind(account)
        .bind(signed(after))
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn vault(pool: &PgPool, token: TokenHash) -> Found<Vault> {
    // One statement, which sees one moment.
    let row = sqlx::query(
        "SELECT w.slot, k.version, k.bytes, s.version, s.bytes, \
         ARRAY (SELECT t.bytes FROM statements t WHERE t.account = n.account ORDER BY t.seq) FROM sessions n \
         LEFT JOIN access w ON w.account = n.account AND w.kind = n.secret \
         JOIN objects k ON k.account = n.account AND k.kind = $1 \
         JOIN objects s ON s.account = n.account AND s.kind = $2 WHERE n.token_hash = $3",
    )
    .bind(KEYSTORE)
    .bind(STATE)
    .bind(&token[..])
    .fetch_optional(pool)
    .await?
    .ok_or(StoreError::NoSession)?;
    Ok(Vault {
        slot: row.try_get::<Option<_>, _>(0)?.unwrap_or_default(),
        keystore: Object { version: unsigned(&row, 1)?, bytes: row.try_get(2)? },
        state: Object { version: unsigned(&row, 3)?, bytes: row.try_get(4)? },
        statements: row.try_get(5)?,
    })
}

pub(super) async fn versions(pool: &PgPool, account: AccountId) -> Found<Versions> {
    let row = sqlx::query(
        "SELECT k.version, s.version FROM accounts a JOIN objects k ON k.account = a.id AND k.kind = $1 \
         JOIN objects s ON s.account = a.id AND s.kind = $2 WHERE a.account_id = $3",
    )
    .bind(KEYSTORE)
    .bind(STATE)
    .bind(account.as_bytes())
    .fetch_optional(pool)
    .await?
    .ok_or(StoreError::NoSuchAccount)?;
    Ok(Versions { keystore: unsigned(&row, 0)?, state: unsigned(&row, 1)? })
}

pub(super) async fn head(pool: &PgPool, account: AccountId) -> Found<u64> {
    let row = sqlx::query("SELECT h.head FROM heads h JOIN accounts a ON a.id = h.account WHERE a.account_id = $1")
        .bind(account.as_bytes())
        .fetch_optional(pool)
        .await?
        .ok_or(StoreError::NoSuchAccount)?;
    unsigned(&row, 0)
}

pub(super) async fn page(pool: &PgPool, account: AccountId, after: u64) -> Found<Vec<Row>> {
    // What lies beyond the bytes of a page is measured, by its stored length, and neither read nor sent. A record is asked for
    // by its key: joined, all of the account's were read where the tables were thought to be small.
    let rows = sqlx::query(
        "SELECT seq, record, received_ms, header, slip, body FROM (\
         SELECT m.seq, (SELECT r.record FROM records r WHERE r.account = m.account AND r.seq = m.seq) AS record, e.received_ms, e.header, m.slip, e.body, \
         sum(coalesce(octet_length(e.body), 0) + octet_length(m.slip)) OVER (ORDER BY m.seq) \
         - coalesce(octet_length(e.body), 0) - octet_length(m.slip) AS before \
         FROM mailbox m LEFT JOIN envelopes e ON e.sender = m.sender AND e.sender_seq = m.sender_seq \
         WHERE m.account = (SELECT id FROM accounts WHERE account_id = $1) AND m.seq > $2 AND m.seq < $3 + (\
         SELECT f.seq FROM mailbox f WHERE f.account = (SELECT id FROM accounts WHERE account_id = $1) AND f.seq > $2 \
         ORDER BY f.seq LIMIT 1) \
         ORDER BY m.seq LIMIT $3) AS found WHERE before < $4 ORDER BY seq",
    )
    .bind(account.as_bytes())
    .bind(signed(after))
    .bind(PAGE)
    .bind(i64::try_from(PAGE_BYTES).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter().map(|row| Ok((unsigned(row, 0)?, item(row)))).collect()
}

/// `None` for a row whose parts are missing or do not fit together: it is passed over, and the rest is delivered.
fn item(row: &PgRow) -> Option<Item> {
    let received = unsigned(row, 2).ok()?;
    let (header, slip, body): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (row.try_get(3).ok()?, row.try_get(4).ok()?, row.try_get(5).ok()?);
    Delivery::parse(&Delivery::join(&header, &slip, &body)).ok()?;
    Some(Item { received, record: row.try_get(1).ok()?, header, slip, body })
}
