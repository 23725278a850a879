//! Queries, on connections that cannot write.

use futures_util::TryStreamExt;
use signet_shared::{AccountId, api::Who, envelope::Delivery, opaque::SecretKind};
use sqlx::{Connection, Row as _, SqliteConnection, SqlitePool, sqlite::SqliteRow};

use super::{
    super::{Credential, Item, Object, PAGE_BYTES, PAGE_ROWS, Row, StoreError, TokenHash, Vault, Versions},
    Failed,
    change::{KEYSTORE, STATE},
};

type Found<T> = Result<T, Failed>;

pub(super) async fn alive(pool: &SqlitePool) -> Found<()> {
    sqlx::query("SELECT count(*) FROM probe").fetch_one(pool).await?;
    Ok(())
}

pub(super) async fn is_free(pool: &SqlitePool, username: &str) -> Found<bool> {
    let row = sqlx::query("SELECT 1 FROM accounts WHERE username = ?").bind(username).fetch_optional(pool).await?;
    Ok(row.is_none())
}

pub(super) async fn any(pool: &SqlitePool) -> Found<bool> {
    Ok(sqlx::query("SELECT 1 FROM accounts LIMIT 1").fetch_optional(pool).await?.is_some())
}

pub(super) async fn username(pool: &SqlitePool, account: AccountId) -> Found<String> {
    let row = sqlx::query("SELECT username FROM accounts WHERE account_id = ?").bind(account.as_bytes());
    Ok(row.fetch_optional(pool).await?.ok_or(StoreError::NoSuchAccount)?.try_get(0)?)
}

pub(super) async fn credential(pool: &SqlitePool, username: &str, kind: SecretKind) -> Found<Option<Credential>> {
    let row = sqlx::query(
        "SELECT a.account_id, w.profile, w.record, w.version FROM accounts a JOIN access w ON w.account = a.id \
         WHERE a.username = ? AND w.kind = ?",
    )
    .bind(username)
    .bind(i64::from(kind.number()))
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account = AccountId::from_slice(row.try_get(0)?).ok_or(StoreError::Corrupt)?;
    let profile = u8::try_from(row.try_get::<i64, _>(1)?).map_err(|_| StoreError::Corrupt)?;
    Ok(Some(Credential { account, profile, record: row.try_get(2)?, version: unsigned(&row, 3)? }))
}

pub(super) async fn statements(pool: &SqlitePool, who: Who, after: u64) -> Found<Vec<Vec<u8>>> {
    let account = match who {
        Who::Name(name) => {
            sqlx::query("SELECT id FROM accounts WHERE username = ?")
                .bind(name.canonical())
                .fetch_optional(pool)
                .await?
        }
        Who::Id(id) => {
            let query = sqlx::query("SELECT id FROM accounts WHERE account_id = ?").bind(id.as_bytes());
            query.fetch_optional(pool).await?
        }
    };
    let account: i64 = account.ok_or(StoreError::NoSuchAccount)?.try_get(0)?;
    let rows = sqlx::query("SELECT bytes FROM statements WHERE account = ? AND seq > ? ORDER BY seq")
        .bind(account)
        .bind(signed(after))
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn vault(pool: &SqlitePool, token: TokenHash) -> Found<Vault> {
    let mut connection = pool.acquire().await?;
    let found = vault_of_one_moment(&mut connection, token).await;
    if let Err(Failed::Database(_)) = found {
        // The transaction may have ended without our knowing: a connection that met trouble is not used again.
        connection.close().await.ok();
    }
    found
}

async fn vault_of_one_moment(connection: &mut SqliteConnection, token: TokenHash) -> Found<Vault> {
    let mut at = connection.begin().await?;
    let row = sqlx::query(
        "SELECT n.account, w.slot, k.version, k.bytes, s.version, s.bytes FROM sessions n \
         LEFT JOIN access w ON w.account = n.account AND w.kind = n.secret \
         JOIN objects k ON k.account = n.account AND k.kind = ? \
         JOIN objects s ON s.account = n.account AND s.kind = ? WHERE n.token_hash = ?",
    )
    .bind(KEYSTORE)
    .bind(STATE)
    .bind(&token[..])
    .fetch_optional(&mut *at)
    .await?
    .ok_or(StoreError::NoSession)?;
    let statements = sqlx::query("SELECT bytes FROM statements WHERE account = ? ORDER BY seq")
        .bind(row.try_get::<i64, _>(0)?)
        .fetch_all(&mut *at)
        .await?;
    Ok(Vault {
        slot: row.try_get::<Option<_>, _>(1)?.unwrap_or_default(),
        keystore: Object { version: unsigned(&row, 2)?, bytes: row.try_get(3)? },
        state: Object { version: unsigned(&row, 4)?, bytes: row.try_get(5)? },
        statements: statements.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
    })
}

pub(super) async fn versions(pool: &SqlitePool, account: AccountId) -> Found<Versions> {
    let row = sqlx::query(
        "SELECT k.version, s.version FROM accounts a JOIN objects k ON k.account = a.id AND k.kind = ? \
         JOIN objects s ON s.account = a.id AND s.kind = ? WHERE a.account_id = ?",
    )
    .bind(KEYSTORE)
    .bind(STATE)
    .bind(account.as_bytes())
    .fetch_optional(pool)
    .await?
    .ok_or(StoreError::NoSuchAccount)?;
    Ok(Versions { keystore: unsigned(&row, 0)?, state: unsigned(&row, 1)? })
}

pub(super) async fn head(pool: &SqlitePool, account: AccountId) -> Found<u64> {
    let row = sqlx::query("SELECT h.head FROM heads h JOIN accounts a ON a.id = h.account WHERE a.account_id = ?")
        .bind(account.as_bytes())
        .fetch_optional(pool)
        .await?
        .ok_or(StoreError::NoSuchAccount)?;
    unsigned(&row, 0)
}

pub(super) async fn page(pool: &SqlitePool, account: AccountId, after: u64) -> Found<Vec<Row>> {
    let mut connection = pool.acquire().await?;
    let mut found = sqlx::query(
        "SELECT m.seq, m.record, e.received_ms, e.header, s.slip, e.body FROM mailbox m \
         LEFT JOIN envelopes e ON e.id = m.envelope LEFT JOIN slips s ON s.envelope = m.envelope AND s.reader = m.account \
         WHERE m.account = (SELECT id FROM accounts WHERE account_id = ?) AND m.seq > ? ORDER BY m.seq LIMIT ?",
    )
    .bind(account.as_bytes())
    .bind(signed(after))
    .bind(i64::try_from(PAGE_ROWS).unwrap_or(i64::MAX))
    .fetch(&mut *connection);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.try_next().await? {
        let item = item(&row);
        bytes += item.as_ref().map_or(0, |item| item.body.len() + item.slip.len());
        rows.push((unsigned(&row, 0)?, item));
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    Ok(rows)
}

/// `None` for a row whose parts are missing or do not fit together: it is passed over, and the rest is delivered.
fn item(row: &SqliteRow) -> Option<Item> {
    let received = unsigned(row, 2).ok()?;
    let (header, slip, body): (Vec<u8>, Vec<u8>, Vec<u8>) =
        (row.try_get(3).ok()?, row.try_get(4).ok()?, row.try_get(5).ok()?);
    Delivery::parse(&Delivery::join(&header, &slip, &body)).ok()?;
    Some(Item { received, record: row.try_get(1).ok()?, header, slip, body })
}

pub(super) fn unsigned(row: &SqliteRow, column: usize) -> Found<u64> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Corrupt)?)
}

/// Nothing is numbered above what fits, so that larger numbers mean the end.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
