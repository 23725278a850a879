//! Multi-row statements. Rows go in groups of a few fixed sizes, so that each statement is prepared once and found again.

use sqlx::{
    AssertSqlSafe, Executor, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments, sqlite::SqliteRow,
};

pub(super) type Bound = Query<'static, Sqlite, SqliteArguments>;

const SIZES: [usize; 4] = [64, 16, 4, 1];

/// `head (?,?),(?,?)... tail`, as often as needed to take every row; answers the rows that come back.
pub(super) async fn each<T>(
    connection: &mut SqliteConnection,
    (head, tuple, tail): (&str, &str, &str),
    rows: &[T],
    bind: impl Fn(Bound, &T) -> Bound,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut found = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let size = SIZES.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
        let (group, after) = rest.split_at(size);
        rest = after;
        let tuples = vec![tuple; size].join(",");
        // Only these literals and question marks: no value is ever part of a statement.
        let sql = AssertSqlSafe(format!("{head} {tuples} {tail}"));
        let query = group.iter().fold(sqlx::query(sql), &bind);
        found.extend(connection.fetch_all(query).await?);
    }
    Ok(found)
}
