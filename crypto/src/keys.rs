//! Two RSA pairs per account: the identity key signs (PSS) and does nothing else, the encryption key unwraps (OAEP) and
//! does nothing else. No function here takes the one for the other.

use core::{
    convert::Infallible,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use crypto_bigint::BoxedUint;
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use rsa::{Oaep, PrivateKey, PublicKey, traits::PublicKeyParts};
use sha2::Sha256;
use signet_shared::{
    Digest32, EkId, Hash, IkHash,
    envelope::Suite,
    statement::{StatedEk, derive_ik_hash},
};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    der::{self, Unread},
    primitives::hmac,
};

pub(crate) const EXPONENT: u64 = 65_537;

/// The private identity key: signs, and does nothing else.
pub struct IdentityKey {
    key: PrivateKey,
    pkcs8: Zeroizing<Vec<u8>>,
    public: IdentityPublic,
}

/// The public identity key of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityPublic {
    key: PublicKey,
    spki: Vec<u8>,
}

/// A private encryption key: unwraps message keys, and does nothing else.
pub struct DecryptionKey {
    key: PrivateKey,
    pkcs8: Zeroizing<Vec<u8>>,
    public: EncryptionPublic,
    blinds: Blinds,
}

/// The public encryption key of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionPublic {
    suite: Suite,
    key: PublicKey,
    spki: Vec<u8>,
}

/// The random key of one message. It is made by sealing and handed out by opening, after the checks; its bytes never
/// leave this crate except sealed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ContentKey([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("the bytes are not a key in its canonical form")]
    Malformed,
    #[error("the key is not of the suite's size, or its exponent is not 65537")]
    WrongSize,
    #[error("the private key's parts do not belong together")]
    Inconsistent,
    #[error("the private operation failed its own check")]
    Fault,
    #[error("the keys have been made already")]
    Finished,
}

impl IdentityKey {
    pub fn public(&self) -> IdentityPublic {
        self.public.clone()
    }

    /// Reads PKCS#8, and accepts only what it would write itself: n = pq, e*d = 1 and the CRT values are thereby checked.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_key(private_key(der, bits(Suite::Rsa3072))?)
    }

    pub(crate) fn from_key(key: PrivateKey) -> Result<Self, KeyError> {
        let (pkcs8, spki) = encode(&key)?;
        let public = IdentityPublic::from_spki(&spki)?;
        Ok(Self { key, pkcs8, public })
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// `RSA-PSS-SHA256(salt 32, L(label) || digest)`, the private operation blinded and checked.
    pub(crate) fn sign<R>(&self, label: &str, digest: &Digest32, rng: &mut R) -> Result<Vec<u8>, KeyError>
    where
        R: CryptoRng + ?Sized,
    {
        self.key.pss_sign_with_rng::<Sha256, R>(rng, &signed_bytes(label, digest)).map_err(|_| KeyError::Fault)
    }
}

impl IdentityPublic {
    /// From DER `SubjectPublicKeyInfo` (rsaEncryption, RSA-3072, e = 65537), in its one canonical form.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { key: public_key(spki, bits(Suite::Rsa3072))?, spki: spki.to_vec() })
    }

    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub fn hash(&self) -> IkHash {
        derive_ik_hash(&self.spki)
    }

    pub(crate) fn verify(&self, label: &str, digest: &Digest32, sig: &[u8]) -> bool {
        self.verify_bytes(&signed_bytes(label, digest), sig)
    }

    /// `RSA-PSS-SHA256`, salt of exactly 32 bytes, signature of exactly the modulus' length.
    pub(crate) fn verify_bytes(&self, bytes: &[u8], sig: &[u8]) -> bool {
        sig.len() == self.key.size() && self.key.pss_verify::<Sha256>(bytes, sig).is_ok()
    }
}

impl DecryptionKey {
    pub fn public(&self) -> EncryptionPublic {
        self.public.clone()
    }

    pub fn id(&self) -> EkId {
        self.public.id()
    }

    pub fn suite(&self) -> Suite {
        self.public.suite
    }

    /// As [`IdentityKey::from_pkcs8`].
    pub fn from_pkcs8(suite: Suite, der: &[u8]) -> Result<Self, KeyError> {
        Self::from_key(suite, private_key(der, bits(suite))?)
    }

    pub(crate) fn from_key(suite: Suite, key: PrivateKey) -> Result<Self, KeyError> {
        let (pkcs8, spki) = encode(&key)?;
        let public = EncryptionPublic::from_spki(suite, &spki)?;
        let blinds = Blinds::new(&pkcs8);
        Ok(Self { key, pkcs8, public, blinds })
    }

    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The message key of a wrap made for this key and this `ctx`; `None` for every other.
    pub(crate) fn unwrap_key(&self, ctx: &Digest32, wrap: &[u8]) -> Option<ContentKey> {
        let bytes = self.oaep(wrap_label(ctx, &self.id()), wrap)?;
        bytes.as_slice().try_into().ok().map(ContentKey)
    }

    /// `RSA-OAEP-SHA256`, MGF1-SHA256; the private operation is blinded and checked.
    pub(crate) fn oaep(&self, label: Vec<u8>, ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut blind = self.blinds.next(ciphertext);
        let oaep = Oaep::<Sha256>::new_with_label(label);
        self.key.decrypt_blinded(&mut blind, oaep, ciphertext).ok().map(Zeroizing::new)
    }
}

impl EncryptionPublic {
    /// From DER `SubjectPublicKeyInfo`, in its one canonical form.
    pub fn from_spki(suite: Suite, spki: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { suite, key: public_key(spki, bits(suite))?, spki: spki.to_vec() })
    }

    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// `H(L("ek") || suite || SPKI)`: the suite is part of a key's name, so that no key serves two.
    pub fn id(&self) -> EkId {
        StatedEk { suite: self.suite.number(), not_after: 0, spki: self.spki.clone() }.id()
    }

    /// `RSA-OAEP-SHA256(K, label = L("wrap") || ctx || ek_id)`
    pub(crate) fn wrap_key<R>(&self, ctx: &Digest32, key: &ContentKey, rng: &mut R) -> Result<Vec<u8>, KeyError>
    where
        R: CryptoRng + ?Sized,
    {
        let oaep = Oaep::<Sha256>::new_with_label(wrap_label(ctx, &self.id()));
        self.key.encrypt(rng, oaep, &key.0).map_err(|_| KeyError::Fault)
    }
}

impl ContentKey {
    pub(crate) fn make<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = Self([0; 32]);
        rng.fill_bytes(&mut key.0);
        key
    }

    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Bits of the modulus.
pub(crate) fn bits(suite: Suite) -> u32 {
    match suite {
        Suite::Rsa3072 => 3072,
    }
}

fn signed_bytes(label: &str, digest: &Digest32) -> Vec<u8> {
    let mut bytes = Hash::label(label);
    bytes.extend_from_slice(digest);
    bytes
}

fn wrap_label(ctx: &Digest32, ek: &EkId) -> Vec<u8> {
    [&Hash::label("wrap"), &ctx[..], ek.as_bytes()].concat()
}

fn public_key(spki: &[u8], bits: u32) -> Result<PublicKey, KeyError> {
    let key = der::read_public(spki).ok_or(KeyError::Malformed)?;
    if is_of(&key, bits) { Ok(key) } else { Err(KeyError::WrongSize) }
}

fn private_key(bytes: &[u8], bits: u32) -> Result<PrivateKey, KeyError> {
    let key = der::read_private(bytes).map_err(|unread| match unread {
        Unread::Malformed => KeyError::Malformed,
        Unread::Inconsistent => KeyError::Inconsistent,
    })?;
    if is_of(key.as_public_key(), bits) { Ok(key) } else { Err(KeyError::WrongSize) }
}

fn is_of(key: &PublicKey, bits: u32) -> bool {
    key.n().bit_width_vartime() == bits && *key.e() == BoxedUint::from(EXPONENT)
}

fn encode(key: &PrivateKey) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), KeyError> {
    let pkcs8 = der::write_private(key).ok_or(KeyError::Inconsistent)?;
    Ok((pkcs8, der::write_public(key.as_public_key())))
}

/// Blinding factors for private operations that no caller passes random numbers to: a pseudo-random stream from the
/// private key, the ciphertext and a counter. Whoever lacks the key can't tell it from random numbers, and no two
/// operations of one process share it. Not part of the format.
struct Blinds {
    secret: Zeroizing<[u8; 32]>,
    used: AtomicU64,
}

impl Blinds {
    fn new(pkcs8: &[u8]) -> Self {
        Self { secret: Zeroizing::new(hmac(&Hash::label("blind"), &[pkcs8])), used: AtomicU64::new(0) }
    }

    fn next(&self, ciphertext: &[u8]) -> Blind {
        let n = self.used.fetch_add(1, Ordering::Relaxed);
        Blind { key: Zeroizing::new(hmac(self.secret.as_slice(), &[&n.to_be_bytes(), ciphertext])), block: 0 }
    }
}

struct Blind {
    key: Zeroizing<[u8; 32]>,
    block: u64,
}

impl TryRng for Blind {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            let block = Zeroizing::new(hmac(self.key.as_slice(), &[&self.block.to_be_bytes()]));
            self.block += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Blind {}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, pkcs8: _, public: _ } = self;
        f.write_str("IdentityKey(..)")
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, pkcs8: _, public: _, blinds: _ } = self;
        f.write_str("DecryptionKey(..)")
    }
}

impl fmt::Debug for IdentityPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, spki: _ } = self;
        write!(f, "IdentityPublic({})", self.hash())
    }
}

impl fmt::Debug for EncryptionPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, key: _, spki: _ } = self;
        write!(f, "EncryptionPublic({suite:?}, {})", self.id())
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("ContentKey(..)")
    }
}
