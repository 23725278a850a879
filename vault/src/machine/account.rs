//! An opened account: who I am, and the keys.

use rand_core::CryptoRng;
use signet_ask::Trouble;
use signet_crypto::{
    Aad, Former, Keyring, MasterKey, ObjectKey, Purpose, VerifiedAccount, object_hash, open_keystore_chained,
    open_object, seal_object,
};
use signet_shared::{AccountId, Digest32, EkId, IkHash, api::Vault, statement::SignedStatement};
use zeroize::Zeroizing;

use super::{Table, local::Device, state::State};

/// A version of a sealed object, and which one that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version {
    pub(super) number: u64,
    pub(super) hash: Digest32,
}

impl Version {
    /// The same number for another object: there is only ever one.
    pub(super) fn is_other(&self, than: &Self) -> bool {
        self.number == than.number && self.hash != than.hash
    }
}

pub(super) struct Account {
    pub(super) me: VerifiedAccount,
    pub(super) amk: MasterKey,
    pub(super) keys: Keyring,
    pub(super) ek_ids: Vec<EkId>,
    pub(super) keystore: Version,
    /// The hash of the version before, which the keystore names.
    pub(super) keystore_before: Digest32,
    cache: ObjectKey,
}

impl Account {
    pub(super) fn of(
        me: VerifiedAccount,
        amk: MasterKey,
        keys: Keyring,
        keystore: Version,
        keystore_before: Digest32,
    ) -> Self {
        let ek_ids = keys.eks.iter().map(signet_crypto::DecryptionKey::id).collect();
        let cache = amk.cache_key();
        Self { me, amk, keys, ek_ids, keystore, keystore_before, cache }
    }

    pub(super) fn id(&self) -> AccountId {
        self.me.account_id()
    }

    pub(super) fn ik(&self) -> IkHash {
        self.me.ik_hash()
    }

    fn row_aad(&self, table: Table, key: &[u8]) -> Aad {
        self.row_aad_of(&self.amk, self.ik(), table, key)
    }

    fn row_aad_of(&self, amk: &MasterKey, ik: IkHash, table: Table, key: &[u8]) -> Aad {
        let object = [table.name().as_bytes(), b"/", key].concat();
        Aad { account: self.id(), object, version: 0, ik, amk_epoch: amk.epoch() }
    }

    /// Seals a row of this browser's database. Its place is part of the seal, so that rows cannot be swapped.
    pub(super) fn seal_row<R: CryptoRng>(&self, table: Table, key: &[u8], plain: &[u8], rng: &mut R) -> Vec<u8> {
        seal_object(&self.cache, Purpose::Cache, &self.row_aad(table, key), plain, rng)
    }

    pub(super) fn open_row(&self, table: Table, key: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let now = open_object(&self.cache, Purpose::Cache, &self.row_aad(table, key), sealed);
        now.ok().or_else(|| {
            // Sealed before the master key was replaced.
            self.keys.former.iter().rev().find_map(|Former { amk, ik }| {
                let aad = self.row_aad_of(amk, *ik, table, key);
                open_object(&amk.cache_key(), Purpose::Cache, &aad, sealed).ok()
            })
        })
    }

    pub(super) fn seal_state<R: CryptoRng>(&self, state: &State, version: u64, rng: &mut R) -> Vec<u8> {
        let aad = state_aad(&self.me, &self.amk, version);
        seal_object(&self.amk.state_key(), Purpose::State, &aad, &state.to_bytes(), rng)
    }

    pub(super) fn open_state(&self, sealed: &[u8], version: u64) -> Option<State> {
        let aad = state_aad(&self.me, &self.amk, version);
        State::parse(&open_object(&self.amk.state_key(), Purpose::State, &aad, sealed).ok()?)
    }
}

impl Account {
    /// Whether what this browser has kept is this account's. Of an earlier identity, nothing opens by the keys of now, unless
    /// its master key is among them.
    pub(super) fn opens(&self, device: &Device) -> bool {
        let known = device.ik == self.ik() || self.keys.former.iter().any(|former| former.ik == device.ik);
        known && device.account == self.id()
    }

    /// The copy that this browser has kept for itself, perhaps from before the master key was replaced. What the relay gives
    /// is never opened by a former key: it would be an old state.
    pub(super) fn open_kept_state(&self, sealed: &[u8]) -> Option<State> {
        self.open_state(sealed, 0).or_else(|| {
            self.keys.former.iter().rev().find_map(|Former { amk, ik }| {
                let aad = Aad { ik: *ik, amk_epoch: amk.epoch(), ..state_aad(&self.me, amk, 0) };
                State::parse(&open_object(&amk.state_key(), Purpose::State, &aad, sealed).ok()?)
            })
        })
    }
}

pub(super) fn state_aad(me: &VerifiedAccount, amk: &MasterKey, version: u64) -> Aad {
    Aad { account: me.account_id(), object: b"state".to_vec(), version, ik: me.ik_hash(), amk_epoch: amk.epoch() }
}

/// The verified chain of one's own statements.
pub(super) fn own_statements(vault: &Vault) -> Result<VerifiedAccount, Trouble> {
    let chain = parse_chain(&vault.statements)?;
    let me = VerifiedAccount::verify_through_resets(&chain).map_err(|_| Trouble::BadStatement)?;
    if me.account_id() == vault.account_id { Ok(me) } else { Err(Trouble::BadStatement) }
}

pub(super) fn parse_chain(statements: &[Vec<u8>]) -> Result<Vec<SignedStatement>, Trouble> {
    statements.iter().map(|bytes| SignedStatement::parse(bytes).map_err(|_| Trouble::BadStatement)).collect()
}

/// Opens keystore and state (with its version), and refuses what is older than this browser has seen.
pub(super) fn open_account(
    me: VerifiedAccount,
    amk: MasterKey,
    vault: &Vault,
    device: Option<&Device>,
) -> Result<(Account, State, Version), Trouble> {
    if let Some(seen) = device.filter(|device| device.account == vault.account_id) {
        if vault.keystore_version < seen.keystore_version || vault.state_version < seen.state_version {
            return Err(Trouble::RolledBack);
        }
        // Where the account has begun anew since, whoever opens it has the secret of now.
        if !me.identities().iter().any(|(ik, _)| *ik == seen.ik) {
            return Err(Trouble::BadStatement);
        }
    }
    let (keys, keystore_before) =
        open_keystore_chained(&amk, vault.account_id, vault.keystore_version, me.ik_hash(), &vault.keystore)
            .map_err(|_| Trouble::KeystoreDamaged)?;
    let ek_ids: Vec<EkId> = keys.eks.iter().map(signet_crypto::DecryptionKey::id).collect();
    // What others seal for is what the statements say: a keystore without that key could not read it.
    if !ek_ids.contains(&me.ek().id()) {
        return Err(Trouble::KeystoreDamaged);
    }
    let keystore = Version { number: vault.keystore_version, hash: object_hash(&vault.keystore) };
    let account = Account::of(me, amk, keys, keystore, keystore_before);
    let state = account.open_state(&vault.state, vault.state_version).ok_or(Trouble::KeystoreDamaged)?;
    Ok((account, state, Version { number: vault.state_version, hash: object_hash(&vault.state) }))
}
