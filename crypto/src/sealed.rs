//! One construction for everything that is sealed under a symmetric key: slots, keystore, state, history records, the
//! browser's own cache. Messages have theirs in `seal` and `open`.

use core::fmt;

use rand_core::CryptoRng;
use signet_shared::{AccountId, Hash, IkHash, Writer};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    padding::{pad, padded_len, unpad},
    primitives::{cfb_decrypt, cfb_encrypt, hkdf, hmac, same},
};

const VERSION: u8 = 1;
const SALT: usize = 32;
const TAG: usize = 32;

/// Seals `plaintext`:
///
/// ```text
/// ver u8 = 1 | salt[32] | ct | tag[32]
/// enc[32] | mac[32] | iv[16] = HKDF-SHA256(ikm = key, salt, info = L("seal") || purpose)
/// ct  = AES-256-CFB128(enc, iv, length hiding(plaintext))
/// tag = HMAC-SHA256(mac, L("seal tag") || len(purpose) u8 || purpose || len(aad) u64 || aad || salt || len(ct) u64 || ct)
/// ```
pub fn seal_object<R>(key: &ObjectKey, purpose: Purpose, aad: &Aad, plaintext: &[u8], rng: &mut R) -> Vec<u8>
where
    R: CryptoRng + ?Sized,
{
    seal_as(key, purpose.label(), &aad.to_bytes(), plaintext, rng)
}

/// Opens what [`seal_object`] sealed under the same key, purpose and additional data. The tag is compared, in constant
/// time, before anything is decrypted.
pub fn open_object(
    key: &ObjectKey,
    purpose: Purpose,
    aad: &Aad,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    open_as(key, purpose.label(), &aad.to_bytes(), sealed)
}

/// As [`seal_object`], for a purpose whose additional data are other bytes.
pub(crate) fn seal_as<R>(key: &ObjectKey, purpose: &str, aad: &[u8], plaintext: &[u8], rng: &mut R) -> Vec<u8>
where
    R: CryptoRng + ?Sized,
{
    let mut salt = [0; SALT];
    rng.fill_bytes(&mut salt);
    let keys = SealKeys::derive(key, purpose, &salt);
    let mut ct = pad(plaintext);
    cfb_encrypt(&keys.enc, &keys.iv, &mut ct);
    let tag = keys.tag(purpose, aad, &salt, &ct);
    [&[VERSION], &salt[..], &ct[..], &tag[..]].concat()
}

/// As [`open_object`], for a purpose whose additional data are other bytes.
pub(crate) fn open_as(
    key: &ObjectKey,
    purpose: &str,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (&version, rest) = sealed.split_first().ok_or(OpenError)?;
    let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(OpenError)?;
    let (ct, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError)?;
    if version != VERSION {
        return Err(OpenError);
    }
    let keys = SealKeys::derive(key, purpose, salt);
    if !same(&keys.tag(purpose, aad, salt, ct), tag) {
        return Err(OpenError);
    }
    let mut padded = Zeroizing::new(ct.to_vec());
    cfb_decrypt(&keys.enc, &keys.iv, &mut padded);
    Ok(Zeroizing::new(unpad(&padded).ok_or(OpenError)?.to_vec()))
}

/// The length of a sealed object whose plaintext has `len` bytes.
pub(crate) fn sealed_len(len: usize) -> usize {
    1 + SALT + padded_len(len) + TAG
}

/// What a sealed object is for. An object sealed for one purpose opens for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    PasswordSlot,
    RecoverySlot,
    Keystore,
    State,
    History,
    Cache,
    LocalSlot,
    PasskeySlot,
}

impl Purpose {
    /// Every purpose there is.
    pub const ALL: [Self; 8] = [
        Self::PasswordSlot,
        Self::RecoverySlot,
        Self::Keystore,
        Self::State,
        Self::History,
        Self::Cache,
        Self::LocalSlot,
        Self::PasskeySlot,
    ];

    /// The string that enters the key derivation and the tag.
    pub fn label(self) -> &'static str {
        match self {
            Self::PasswordSlot => "password slot",
            Self::RecoverySlot => "recovery slot",
            Self::Keystore => "keystore",
            Self::State => "state",
            Self::History => "history",
            Self::Cache => "cache",
            Self::LocalSlot => "local slot",
            Self::PasskeySlot => "passkey slot",
        }
    }
}

/// What a sealed object belongs to: whose it is, which one, which version. Not in the object's bytes; whoever opens it
/// says what it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aad {
    pub account: AccountId,
    pub object: Vec<u8>,
    pub version: u64,
    pub ik: IkHash,
    pub amk_epoch: u32,
}

impl Aad {
    /// `account_id[16] | object len u16, bytes | version u64 | ik_hash[32] | amk_epoch u32`
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64 + self.object.len());
        w.raw(self.account.as_bytes()).bytes16(&self.object).u64(self.version);
        w.raw(self.ik.as_bytes()).u32(self.amk_epoch);
        w.finish()
    }
}

/// A key that objects are sealed under.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ObjectKey([u8; 32]);

impl ObjectKey {
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `HKDF-SHA256(ikm = this key, salt = empty, info = L(label) || info)`
    pub fn derive(&self, label: &str, info: &[u8]) -> Self {
        Self(*hkdf(&self.0, &[], &[&Hash::label(label), info]))
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("ObjectKey(..)")
    }
}

/// The object does not open. Why is not said, to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the sealed object does not open")]
pub struct OpenError;

pub(crate) struct SealKeys {
    pub(crate) enc: Zeroizing<[u8; 32]>,
    pub(crate) mac: Zeroizing<[u8; 32]>,
    pub(crate) iv: [u8; 16],
}

impl SealKeys {
    pub(crate) fn derive(key: &ObjectKey, purpose: &str, salt: &[u8; SALT]) -> Self {
        let all = hkdf::<80>(&key.0, salt, &[&Hash::label("seal"), purpose.as_bytes()]);
        let mut keys = Self { enc: Zeroizing::new([0; 32]), mac: Zeroizing::new([0; 32]), iv: [0; 16] };
        keys.enc.copy_from_slice(&all[..32]);
        keys.mac.copy_from_slice(&all[32..64]);
        keys.iv.copy_from_slice(&all[64..]);
        keys
    }

    pub(crate) fn tag(&self, purpose: &str, aad: &[u8], salt: &[u8; SALT], ct: &[u8]) -> [u8; TAG] {
        let mut prefix = Writer::new();
        prefix.raw(&Hash::label("seal tag")).bytes8(purpose.as_bytes()).u64(aad.len() as u64).raw(aad);
        prefix.raw(salt).u64(ct.len() as u64);
        hmac(self.mac.as_slice(), &[&prefix.finish(), ct])
    }
}
