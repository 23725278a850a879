//! Deleting an account. Its row stays, with a mark in the place of the name and no mailbox: nothing can be sent to it, and
//! what others have of it still knows by which number it was sent.

use sqlx::{PgConnection, Row};

use super::{
    super::{StoreError, TokenHash},
    lock,
    rows::{Changed, fixed},
};

pub(super) async fn delete(
    c: &mut PgConnection,
    token: TokenHash,
    mark: String,
    other: [u8; 16],
) -> Changed<Vec<TokenHash>> {
    let account = lock::of_session(c, token).await?.ok_or(StoreError::NoSession)?;
    let session = sqlx::query("SELECT secret IS NOT NULL FROM sessions WHERE token_hash = $1").bind(&token[..]);
    let session = session.fetch_optional(&mut *c).await?.ok_or(StoreError::NoSession)?;
    if !session.try_get::<bool, _>(0)? {
        return Err(StoreError::SecretReplaced.into());
    }
    // First: whoever appends to its mailbox has this row, or finds it gone.
    sqlx::query("DELETE FROM heads WHERE account = $1").bind(account).execute(&mut *c).await?;
    let ended = sqlx::query("DELETE FROM sessions WHERE account = $1 RETURNING token_hash").bind(account);
    let ended = ended.fetch_all(&mut *c).await?.iter().map(|row| fixed(row, 0)).collect::<Changed<_>>()?;

    let mine = sqlx::query("DELETE FROM mailbox WHERE account = $1 RETURNING sender, sender_seq").bind(account);
    let (mut senders, mut seqs): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    for row in mine.fetch_all(&mut *c).await? {
        senders.push(row.try_get(0)?);
        seqs.push(row.try_get(1)?);
    }
    // Each mailbox that has an envelope is counted in it: where none is left, nobody has it any more.
    sqlx::query(
        "UPDATE envelopes e SET readers = e.readers - 1 FROM unnest($1::bigint[], $2::bigint[]) AS mine (sender, seq) \
         WHERE e.sender = mine.sender AND e.sender_seq = mine.seq",
    )
    .bind(&senders)
    .bind(&seqs)
    .execute(&mut *c)
    .await?;
    let orphans = sqlx::query(
        "DELETE FROM envelopes e USING unnest($1::bigint[], $2::bigint[]) AS mine (sender, seq) \
         WHERE e.sender = mine.sender AND e.sender_seq = mine.seq AND e.readers <= 0",
    );
    let orphans = orphans.bind(&senders).bind(&seqs).execute(&mut *c).await?.rows_affected();

    for table in ["records", "pending", "access", "objects", "anew_codes", "anew", "earlier", "earlier_access"] {
        let sql = sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE account = $1"));
        sqlx::query(sql).bind(account).execute(&mut *c).await?;
    }
    let renamed = "UPDATE accounts SET username = $1, created_ms = 0 WHERE id = $2";
    sqlx::query(renamed).bind(mark).bind(account).execute(&mut *c).await?;
    if orphans == senders.len() as u64 {
        // Nobody has anything in common with it. Otherwise its statements stay for good: what would have to be counted to know
        // when the last who needs them is gone would cost every message.
        sqlx::query("DELETE FROM statements WHERE account = $1").bind(account).execute(&mut *c).await?;
        let unnamed = "UPDATE accounts SET account_id = $1 WHERE id = $2";
        sqlx::query(unnamed).bind(&other[..]).bind(account).execute(&mut *c).await?;
    }
    Ok(ended)
}
