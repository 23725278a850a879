//! The account master key, what is derived from it, and the slots in which it rests under each secret.

use core::fmt;

use rand_core::CryptoRng;
use signet_shared::{
    AccountId, ConvId, Hash, IkHash, Reader, Writer,
    opaque::{KdfProfile, SecretKind},
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Aad, ExportKey, ObjectKey, OpenError, Purpose, open_object,
    primitives::{hkdf, same},
    seal_object,
};

const VERSION: u8 = 1;
/// Slots name no version of their own: replacing one is a compare-and-swap beside its OPAQUE record.
const SLOT_VERSION: u64 = 1;

/// Everything else of an account is sealed under keys derived from this one.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    key: [u8; 32],
    epoch: u32,
}

/// What a password or recovery key opens a slot with.
#[derive(Clone)]
pub struct UnlockKey(ObjectKey);

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
        seal_object(&unlock.0, slot_purpose(kind), &slot_aad(account, ik), &self.to_bytes(), rng)
    }

    pub fn open_slot(
        unlock: &UnlockKey,
        kind: SecretKind,
        account: AccountId,
        ik: IkHash,
        slot: &[u8],
    ) -> Result<Self, OpenError> {
        Self::parse(&open_object(&unlock.0, slot_purpose(kind), &slot_aad(account, ik), slot)?)
    }

    pub fn seal_local<R: CryptoRng + ?Sized>(
        &self,
        shares: &LocalShares,
        account: AccountId,
        ik: IkHash,
        rng: &mut R,
    ) -> Vec<u8> {
        seal_object(&shares.key(), Purpose::LocalSlot, &slot_aad(account, ik), &self.to_bytes(), rng)
    }

    pub fn open_local(shares: &LocalShares, account: AccountId, ik: IkHash, sealed: &[u8]) -> Result<Self, OpenError> {
        Self::parse(&open_object(&shares.key(), Purpose::LocalSlot, &slot_aad(account, ik), sealed)?)
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
    /// `UK = HKDF-SHA256(ikm = export_key[64], salt = account_id, info = L("unlock") || profile u8)`
    pub fn derive(export_key: &ExportKey, account: AccountId, profile: KdfProfile) -> Self {
        let info: [&[u8]; 2] = [&Hash::label("unlock"), &[profile.number()]];
        Self(ObjectKey::from_bytes(*hkdf(export_key.as_bytes(), account.as_bytes(), &info)))
    }

    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn object_key(&self) -> &ObjectKey {
        &self.0
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
fn slot_aad(account: AccountId, ik: IkHash) -> Aad {
    Aad { account, object: b"slot".to_vec(), version: SLOT_VERSION, ik, amk_epoch: 0 }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, epoch } = self;
        write!(f, "MasterKey(epoch {epoch}, ..)")
    }
}

impl fmt::Debug for UnlockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("UnlockKey(..)")
    }
}

impl fmt::Debug for LocalShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { browser: _, relay: _, tab: _ } = self;
        f.write_str("LocalShares(..)")
    }
}
