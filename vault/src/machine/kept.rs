//! The secret key of the account that is used here, kept by this browser, so that signing in again takes the password alone. By
//! itself it opens nothing. The keystore says which one it is; this row follows it.

use rand_core::CryptoRng;
use signet_crypto::SecretKey;
use signet_shared::AccountId;

use super::{Change, Row, Table, account::Account, hands::Hands};

/// The row `secret key` of `Meta`: `account_id[16] | secret_key[16] | stays u8`.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) account: AccountId,
    pub(super) key: SecretKey,
    /// Signing out leaves it here: so the person chose.
    pub(super) stays: bool,
}

impl Kept {
    pub(super) const ROW: &'static [u8] = b"secret key";

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (account, rest) = bytes.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        Some(Self { account: AccountId(*account), key: SecretKey::of(*key), stays: rest == [1] })
    }

    pub(super) fn change(&self) -> Change {
        let value = [&self.account.0[..], self.key.as_bytes(), &[self.stays.into()]].concat();
        Change::Put { table: Table::Meta, row: Row { key: Self::ROW.to_vec(), value } }
    }
}

impl<R: CryptoRng> Hands<R> {
    /// As the keystore of the account that is open here says.
    pub(super) fn keep_secret_key(&mut self, account: &Account) {
        let id = account.id();
        let before = self.kept.take();
        let stays = before.as_ref().is_some_and(|kept| kept.account == id && kept.stays);
        self.kept = account.keys.secret_key.clone().map(|key| Kept { account: id, key, stays });
        let none = before.map(|_| Change::Delete { table: Table::Meta, key: Kept::ROW.to_vec() });
        let change = self.kept.as_ref().map(Kept::change).or(none);
        self.store_all(change);
    }
}
