//! Everything that a database of SQLite's holds, taken over into an empty one of PostgreSQL's, in one transaction.

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, SqliteConnection, postgres::PgArguments,
    query::Query, sqlite::SqliteRow,
};

use super::{Postgres, PostgresUrl, connect};
use crate::{config::ConfigError, store::Sqlite};

/// A column, by what it is in PostgreSQL.
#[derive(Clone, Copy)]
enum Kind {
    Number,
    Small,
    Flag,
    Text,
    Bytes,
}
use Kind::{Bytes, Flag, Number, Small, Text};

struct Table {
    name: &'static str,
    /// From where in SQLite, with the columns in the order below.
    select: &'static str,
    columns: &'static [(&'static str, Kind)],
}

/// Those that others refer to first.
const TABLES: &[Table] = &[
    Table {
        name: "accounts",
        select: "SELECT id, account_id, username, created_ms FROM accounts",
        columns: &[("id", Number), ("account_id", Bytes), ("username", Text), ("created_ms", Number)],
    },
    Table {
        name: "access",
        select: "SELECT account, kind, profile, record, slot, version FROM access",
        columns: &[
            ("account", Number),
            ("kind", Small),
            ("profile", Small),
            ("record", Bytes),
            ("slot", Bytes),
            ("version", Number),
        ],
    },
    Table {
        name: "statements",
        select: "SELECT account, seq, bytes FROM statements",
        columns: &[("account", Number), ("seq", Number), ("bytes", Bytes)],
    },
    Table {
        name: "objects",
        select: "SELECT account, kind, version, bytes FROM objects",
        columns: &[("account", Number), ("kind", Small), ("version", Number), ("bytes", Bytes)],
    },
    Table {
        name: "sessions",
        select: "SELECT token_hash, account, created_ms, used_ms, handle, secret, by_login, browser, system, replaced_by, \
                 replaced_ended FROM sessions",
        columns: &[
            ("token_hash", Bytes),
            ("account", Number),
            ("created_ms", Number),
            ("used_ms", Number),
            ("handle", Bytes),
            ("secret", Small),
            ("by_login", Flag),
            ("browser", Small),
            ("system", Small),
            ("replaced_by", Bytes),
            ("replaced_ended", Number),
        ],
    },
    Table {
        name: "shares",
        // Their order is that of their numbers, which are given anew.
        select: "SELECT token_hash, share FROM shares ORDER BY id",
        columns: &[("token_hash", Bytes), ("share", Bytes)],
    },
    Table {
        name: "pending",
        select: "SELECT account, kind, token_hash, id, made_ms, profile, record, slot FROM pending",
        columns: &[
            ("account", Number),
            ("kind", Small),
            ("token_hash", Bytes),
            ("id", Bytes),
            ("made_ms", Number),
            ("profile", Small),
            ("record", Bytes),
            ("slot", Bytes),
        ],
    },
    Table {
        name: "anew_codes",
        select: "SELECT account, code_hash, expires_ms FROM anew_codes",
        columns: &[("account", Number), ("code_hash", Bytes), ("expires_ms", Number)],
    },
    Table {
        name: "anew",
        select: "SELECT account, id, claim, asked_ms, state, by_code FROM anew",
        columns: &[
            ("account", Number),
            ("id", Bytes),
            ("claim", Bytes),
            ("asked_ms", Number),
            ("state", Small),
            ("by_code", Flag),
        ],
    },
    Table {
        name: "earlier",
        select: "SELECT account, seq, keystore_version, keystore, state_version, state FROM earlier",
        columns: &[
            ("account", Number),
            ("seq", Number),
            ("keystore_version", Number),
            ("keystore", Bytes),
            ("state_version", Number),
            ("state", Bytes),
        ],
    },
    Table {
        name: "earlier_access",
        select: "SELECT account, seq, kind, profile, record, slot FROM earlier_access",
        columns: &[
            ("account", Number),
            ("seq", Number),
            ("kind", Small),
            ("profile", Small),
            ("record", Bytes),
            ("slot", Bytes),
        ],
    },
    Table {
        name: "heads",
        select: "SELECT account, head FROM heads",
        columns: &[("account", Number), ("head", Number)],
    },
    Table {
        name: "envelopes",
        select: "SELECT sender, sender_seq, conv, stream, place, env_id, \
                 (SELECT count(*) FROM slips WHERE envelope = e.id), received_ms, header, body FROM envelopes e",
        columns: &[
            ("sender", Number),
            ("sender_seq", Number),
            ("conv", Bytes),
            ("stream", Bytes),
            ("place", Number),
            ("env_id", Bytes),
            ("readers", Number),
            ("received_ms", Number),
            ("header", Bytes),
            ("body", Bytes),
        ],
    },
    Table {
        name: "mailbox",
        // Where a part is missing the row stays, as one that cannot be read: the mailbox has no gap.
        select: "SELECT m.account, m.seq, coalesce(e.sender, 0), coalesce(e.sender_seq, 0), coalesce(s.slip, x'') \
                 FROM mailbox m LEFT JOIN envelopes e ON e.id = m.envelope \
                 LEFT JOIN slips s ON s.envelope = m.envelope AND s.reader = m.account",
        columns: &[("account", Number), ("seq", Number), ("sender", Number), ("sender_seq", Number), ("slip", Bytes)],
    },
    Table {
        name: "records",
        select: "SELECT account, seq, record FROM mailbox WHERE record IS NOT NULL",
        columns: &[("account", Number), ("seq", Number), ("record", Bytes)],
    },
];

/// Rows and bytes of one statement.
const ROWS: usize = 1000;
const BYTES: usize = 8 * 1024 * 1024;

impl Postgres {
    /// Takes over all of it, and marks the old database as moved, so that no relay goes on with it by mistake; answers how
    /// many accounts and messages that were.
    pub(crate) async fn take_over(from: &Path, url: &PostgresUrl) -> Result<(u64, u64), ConfigError> {
        let pool = connect::pool(url, super::PATIENCE).await;
        let pool = pool.map_err(|error| ConfigError(format!("the database {url} cannot be used: {error}")))?;
        connect::examine(&pool, url).await?;
        pool.close().await;
        let taken = async {
            connect::migrate(url).await?;
            let mut old = Sqlite::options(from).connect().await?;
            let mut new = url.options().connect().await?;
            sqlx::raw_sql("SET synchronous_commit = on").execute(&mut new).await?;
            let counts = take_all(&mut old, &mut new).await;
            old.close().await?;
            new.close().await?;
            counts
        };
        match taken.await {
            Ok(Some(counts)) => Ok(counts),
            Ok(None) => {
                Err(ConfigError(format!("{url} holds accounts already; nothing was moved. Name an empty database.")))
            }
            Err(error) => Err(ConfigError(format!("nothing was moved to {url}: {error}"))),
        }
    }
}

async fn take_all(old: &mut SqliteConnection, new: &mut PgConnection) -> Result<Option<(u64, u64)>, sqlx::Error> {
    // Of one moment each, though the relay's own lock keeps it from writing.
    let mut old = old.begin().await?;
    let mut new = new.begin().await?;
    if sqlx::query("SELECT 1 FROM accounts LIMIT 1").fetch_optional(&mut *new).await?.is_some() {
        return Ok(None);
    }
    let (mut accounts, mut messages) = (0, 0);
    for table in TABLES {
        let count = take(&mut old, &mut new, table).await?;
        let stored = AssertSqlSafe(format!("SELECT count(*) FROM {}", table.name));
        let stored: i64 = sqlx::query_scalar(stored).fetch_one(&mut *new).await?;
        if stored.cast_unsigned() != count {
            return Err(sqlx::Error::Protocol(format!("of {count} rows of {} there are {stored}", table.name)));
        }
        match table.name {
            "accounts" => accounts = count,
            "envelopes" => messages = count,
            _ => {}
        }
    }
    // Numbers that follow, and every mailbox whole.
    sqlx::query("SELECT setval(pg_get_serial_sequence('accounts', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM accounts), false)")
        .execute(&mut *new)
        .await?;
    let torn: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM heads h LEFT JOIN (SELECT account, count(*) AS n, max(seq) AS last FROM mailbox GROUP BY account) m \
         ON m.account = h.account WHERE coalesce(m.n, 0) <> h.head OR coalesce(m.last, 0) <> h.head",
    )
    .fetch_one(&mut *new)
    .await?;
    if torn > 0 {
        return Err(sqlx::Error::Protocol(format!("{torn} mailboxes are not whole")));
    }
    // Before the commit there, so that at no moment both are in use.
    sqlx::query(Sqlite::MOVED).execute(&mut *old).await?;
    old.commit().await?;
    new.commit().await?;
    Ok(Some((accounts, messages)))
}

async fn take(old: &mut SqliteConnection, new: &mut PgConnection, table: &Table) -> Result<u64, sqlx::Error> {
    let (mut count, mut batch) = (0, Vec::new());
    let mut bytes = 0;
    let mut rows = sqlx::query(table.select).fetch(old);
    while let Some(row) = rows.try_next().await? {
        bytes += size(&row, table)?;
        count += 1;
        batch.push(row);
        if batch.len() >= ROWS || bytes >= BYTES {
            put(new, table, &batch).await?;
            batch.clear();
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        put(new, table, &batch).await?;
    }
    Ok(count)
}

fn size(row: &SqliteRow, table: &Table) -> Result<usize, sqlx::Error> {
    let mut size = 0;
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        if matches!(kind, Bytes) {
            size += row.try_get::<Option<&[u8]>, _>(index)?.map_or(0, <[u8]>::len);
        }
    }
    Ok(size)
}

async fn put(new: &mut PgConnection, table: &Table, rows: &[SqliteRow]) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, (_, kind))| {
            let kind = match kind {
                Number => "bigint",
                Small => "smallint",
                Flag => "boolean",
                Text => "text",
                Bytes => "bytea",
            };
            format!("${}::{kind}[]", index + 1)
        })
        .collect();
    // Only the names above.
    let sql = AssertSqlSafe(format!(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest({})",
        table.name,
        names.join(", "),
        arrays.join(", ")
    ));
    let mut query = sqlx::query(sql);
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        query = match kind {
            Number => bind::<i64>(query, rows, index)?,
            Flag => bind::<bool>(query, rows, index)?,
            Text => bind::<String>(query, rows, index)?,
            Bytes => bind::<Vec<u8>>(query, rows, index)?,
            Small => {
                let column: Result<Vec<Option<i16>>, sqlx::Error> = rows
                    .iter()
                    .map(|row| {
                        let number: Option<i64> = row.try_get(index)?;
                        let small = number.map(i16::try_from).transpose();
                        small.map_err(|_| sqlx::Error::Protocol(format!("a number in {} is too large", table.name)))
                    })
                    .collect();
                query.bind(column?)
            }
        };
    }
    query.execute(new).await?;
    Ok(())
}

type Insert = Query<'static, sqlx::Postgres, PgArguments>;

fn bind<T>(query: Insert, rows: &[SqliteRow], index: usize) -> Result<Insert, sqlx::Error>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    Vec<Option<T>>: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let column: Result<Vec<Option<T>>, sqlx::Error> = rows.iter().map(|row| row.try_get(index)).collect();
    Ok(query.bind(column?))
}
