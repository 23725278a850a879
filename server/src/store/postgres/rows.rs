//! What a row holds.

use signet_shared::AccountId;
use sqlx::{Row, postgres::PgRow};

use super::{super::StoreError, Failed};

pub(super) type Changed<T> = Result<T, Failed>;

pub(super) fn unsigned(row: &PgRow, column: usize) -> Changed<u64> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Corrupt)?)
}

/// A number that was stored as SMALLINT.
pub(super) fn small(row: &PgRow, column: usize) -> Changed<u8> {
    Ok(u8::try_from(row.try_get::<i16, _>(column)?).map_err(|_| StoreError::Corrupt)?)
}

/// Bytes of this length.
pub(super) fn fixed<const N: usize>(row: &PgRow, column: usize) -> Changed<[u8; N]> {
    row.try_get::<&[u8], _>(column)?.try_into().map_err(|_| Failed::Answer(StoreError::Corrupt))
}

pub(super) fn account(row: &PgRow, column: usize) -> Changed<AccountId> {
    Ok(AccountId(fixed(row, column)?))
}

/// Nothing is numbered above what fits, so that larger numbers mean the end.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
