//! The account master key, what is derived from it, and the slots in which it rests under each secret.

use core::fmt;

use rand_core::CryptoRng;
use signet_shared::{
    AccountId, ConvId, Hash, IkHash, Reader, Writer,
    opaque::{KdfProfile, SecretKind},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Aad, ExportKey, ObjectKey, OpenError, Purpose, SecretKey, SecretKeyId, open_object,
    primitives::{hkdf, same},
    seal_object,
};

const VERSION: u8 = 1;
/// Slots name no version of their own: replacing one is a compare-and-swap beside its OPAQUE record.
const SLOT_VERSION: u64 = 1;
/// The first byte of a slot that asks for a secret key, and the version in its additional data. Of any other slot the first
/// byte is that of what is sealed, which is 1.
const WITH_SECRET_KEY: u8 = 2;
/// What stands before the sealed part of such a slot.
const HEAD: usize = 1 + 8;

/// Everything else of an account is sealed under keys derived from this one.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    key: [u8; 32],
    epoch: u32,
}

/// What a secret opens its slot with: for a password, together with the secret key, if the account uses one.
#[derive(Clone)]
pub struct UnlockKey {
    key: ObjectKey,
    secret_key: Option<SecretKeyId>,
}

/// The shares under which a browser keeps the master key while it stays signed in; any one missing, nothing opens.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LocalShares {
    pub browser: [u8; 32],
    pub relay: [u8; 32],
    pub tab: Option<[u8; 32]>,
}

impl MasterKey {
    /// The first master key of an account: epoch 1.
    pub fn make<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut master = Self { key: [0; 32], epoch: 1 };
        rng.fill_bytes(&mut master.key);
        master
    }

    /// The one that takes this one's place.
    pub fn make_next<R: CryptoRng + ?Sized>(&self, rng: &mut R) -> Self {
        let mut next = Self::make(rng);
        next.epoch = self.epoch.saturating_add(1);
        next
    }

    /// As it was before.
    pub fn again(&self) -> Self {
        Self { key: self.key, epoch: self.epoch }
    }

    pub(crate) fn of(key: [u8; 32], epoch: u32) -> Option<Self> {
        (epoch != 0).then_some(Self { key, epoch })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn from_parts(key: [u8; 32], epoch: u32) -> Self {
        Self { key, epoch }
    }

    /// Whether both are the same key, in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.epoch == other.epoch && same(&self.key, &other.key)
    }

    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    pub fn keystore_key(&self) -> ObjectKey {
        self.derive("amk keystore", &[])
    }

    pub fn state_key(&self) -> ObjectKey {
        self.derive("amk state", &[])
    }

    pub fn cache_key(&self) -> ObjectKey {
        self.derive("amk cache", &[])
    }

    pub fn history_key(&self, conv: &ConvId) -> ObjectKey {
        self.derive("amk history", conv.as_bytes())
    }

    pub fn seal_slot<R: CryptoRng + ?Sized>(
        &self,
        unlock: &UnlockKey,
        kind: SecretKind,
        account: AccountId,
        ik: IkHash,
        rng: &mut R,
    ) -> Vec<u8> {
        let aad = slot_aad(account, ik, unlock.secret_key);
        let sealed = seal_object(&unlock.key, slot_purpose(kind), &aad, &self.to_bytes(), rng);
        match unlock.secret_key {
            Some(SecretKeyId(id)) => [&[WITH_SECRET_KEY], &id[..], &sealed].concat(),
            None => sealed,
        }
    }

    /// A slot that asks for a secret key opens only by an unlock key that has it in, and one that does not only by one that has
    /// none.
    pub fn open_slot(
        unlock: &UnlockKey,
        kind: SecretKind,
        account: AccountId,
        ik: IkHash,
        slot: &[u8],
    ) -> Result<Self, OpenError> {
        let sealed = match (unlock.secret_key, asked_by_slot(slot)) {
            (None, None) => slot,
            (Some(mine), Some(asked)) if mine == asked => slot.get(HEAD..).ok_or(OpenError)?,
            _ => return Err(OpenError),
        };
        let aad = slot_aad(account, ik, unlock.secret_key);
        Self::parse(&open_object(&unlock.key, slot_purpose(kind), &aad, sealed)?)
    }

    pub fn seal_local<R: CryptoRng + ?Sized>(
        &self,
        shares: &LocalShares,
        account: AccountId,
        ik: IkHash,
        rng: &mut R,
    ) -> Vec<u8> {
        seal_object(&shares.key(), Purpose::LocalSlot, &slot_aad(account, ik, None), &self.to_bytes(), rng)
    }

    pub fn open_local(shares: &LocalShares, account: AccountId, ik: IkHash, sealed: &[u8]) -> Result<Self, OpenError> {
        Self::parse(&open_object(&shares.key(), Purpose::LocalSlot, &slot_aad(account, ik, None), sealed)?)
    }

    fn derive(&self, label: &str, info: &[u8]) -> ObjectKey {
        ObjectKey::from_bytes(self.key).derive(label, info)
    }

    /// What lies in a slot: `ver u8 = 1 | epoch u32 | key[32]`
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut w = Writer::with_capacity(37);
        w.u8(VERSION).u32(self.epoch).raw(&self.key);
        Zeroizing::new(w.finish())
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, OpenError> {
        let mut r = Reader::new(bytes);
        let version = r.u8().map_err(|_| OpenError)?;
        let epoch = r.u32().map_err(|_| OpenError)?;
        let master = Self { key: r.array().map_err(|_| OpenError)?, epoch };
        r.finish().map_err(|_| OpenError)?;
        if version == VERSION && epoch != 0 { Ok(master) } else { Err(OpenError) }
    }
}

impl UnlockKey {
    /// Of a password together with the account's secret key, where it uses one; of any other secret by itself, for it has 256
    /// bits of its own.
    ///
    /// ```text
    /// UK = HKDF-SHA256(ikm = export_key[64],                   salt = account_id, info = L("unlock") || profile u8)
    /// UK = HKDF-SHA256(ikm = export_key[64] || secret_key[16], salt = account_id, info = L("unlock with secret key") || profile u8)
    /// ```
    pub fn derive(
        export_key: &ExportKey,
        kind: SecretKind,
        secret_key: Option<&SecretKey>,
        account: AccountId,
        profile: KdfProfile,
    ) -> Self {
        let secret_key = secret_key.filter(|_| kind == SecretKind::Password);
        let mut ikm = Zeroizing::new(Vec::with_capacity(64 + SecretKey::LEN));
        ikm.extend_from_slice(export_key.as_bytes());
        let label = match secret_key {
            Some(secret_key) => {
                ikm.extend_from_slice(secret_key.as_bytes());
                "unlock with secret key"
            }
            None => "unlock",
        };
        let info: [&[u8]; 2] = [&Hash::label(label), &[profile.number()]];
        let key = ObjectKey::from_bytes(*hkdf(&ikm, account.as_bytes(), &info));
        Self { key, secret_key: secret_key.map(|secret_key| secret_key.id(account)) }
    }

    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn object_key(&self) -> &ObjectKey {
        &self.key
    }
}

/// Which secret key a slot asks for beside the password; `None` if for none.
///
/// ```text
/// ver u8 = 2 | key_id[8] | sealed, with object `slot` || key_id[8] and version 2 in its additional data
/// ```
pub fn asked_by_slot(slot: &[u8]) -> Option<SecretKeyId> {
    match slot.split_first() {
        Some((&WITH_SECRET_KEY, rest)) => rest.first_chunk().copied().map(SecretKeyId),
        _ => None,
    }
}

impl LocalShares {
    /// `HKDF-SHA256(ikm = browser[32] || relay[32] || tab[32] or nothing, salt = empty, info = L("local slot"))`
    pub(crate) fn key(&self) -> ObjectKey {
        let mut ikm = Zeroizing::new(Vec::with_capacity(96));
        ikm.extend_from_slice(&self.browser);
        ikm.extend_from_slice(&self.relay);
        if let Some(tab) = &self.tab {
            ikm.extend_from_slice(tab);
        }
        ObjectKey::from_bytes(*hkdf(&ikm, &[], &[&Hash::label("local slot")]))
    }
}

fn slot_purpose(kind: SecretKind) -> Purpose {
    match kind {
        SecretKind::Password => Purpose::PasswordSlot,
        SecretKind::RecoveryKey => Purpose::RecoverySlot,
        SecretKind::Passkey(_) => Purpose::PasskeySlot,
    }
}

/// The master key's epoch is inside: whoever opens a slot does not know it yet.
fn slot_aad(account: AccountId, ik: IkHash, secret_key: Option<SecretKeyId>) -> Aad {
    let mut aad = Aad { account, object: b"slot".to_vec(), version: SLOT_VERSION, ik, amk_epoch: 0 };
    if let Some(SecretKeyId(id)) = secret_key {
        aad.version = WITH_SECRET_KEY.into();
        aad.object.extend(id);
    }
    aad
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, epoch } = self;
        write!(f, "MasterKey(epoch {epoch}, ..)")
    }
}

impl fmt::Debug for UnlockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, secret_key: _ } = self;
        f.write_str("UnlockKey(..)")
    }
}

impl fmt::Debug for LocalShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { browser: _, relay: _, tab: _ } = self;
        f.write_str("LocalShares(..)")
    }
}
