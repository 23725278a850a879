//! The private keys of an account, sealed under its master key.

use core::fmt;

use rand_core::CryptoRng;
use signet_shared::{AccountId, DecodeError, Digest32, EkId, Hash, IkHash, Reader, Writer, envelope::Suite};
use zeroize::Zeroizing;

use crate::{
    Aad, DecryptionKey, IdentityKey, MasterKey, OpenError, Purpose, SecretKey, open_object, primitives::same,
    seal_object, sealed::sealed_len,
};

const VERSION: u8 = 1;
/// With former master keys behind the keys; one without them is of the first version.
const VERSION_FORMER: u8 = 2;
/// With a secret key at the end, whether or not there are former master keys.
const VERSION_SECRET_KEY: u8 = 3;
/// What a former master key takes.
const FORMER: usize = 4 + 32 + 32;
/// What an RSA-3072 key takes at most: suite, length, and PKCS#8 with each number as long as it can be.
const KEY: usize = 4 + 1_810;

/// The private keys of an account: the identity key, every encryption key it ever had, newest last, and what opens what was
/// sealed before the account's master key was replaced, oldest first.
pub struct Keyring {
    pub ik: IdentityKey,
    pub eks: Vec<DecryptionKey>,
    pub former: Vec<Former>,
    /// What the account's password needs beside it, if its owner chose so: so every browser can show it, and no password slot
    /// is made without it.
    pub secret_key: Option<SecretKey>,
}

/// An earlier master key, and the identity under which it sealed. What it sealed then is opened by it, and nothing is sealed
/// by it any more.
pub struct Former {
    pub amk: MasterKey,
    pub ik: IkHash,
}

impl Keyring {
    pub fn ek(&self, id: &EkId) -> Option<&DecryptionKey> {
        self.eks.iter().find(|ek| ek.id() == *id)
    }
}

impl Former {
    fn write(&self, w: &mut Writer) {
        w.u32(self.amk.epoch()).raw(self.ik.as_bytes()).raw(self.amk.as_bytes());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (epoch, ik) = (r.u32()?, IkHash(r.array()?));
        Ok(Self { amk: MasterKey::of(r.array()?, epoch).ok_or(DecodeError::Invalid)?, ik })
    }
}

/// ```text
/// ver u8 = 1 | prev_hash[32] | ik len u16, PKCS#8 | n u16 | n x ( suite u16 | len u16, PKCS#8 )
/// ver u8 = 2 | as in 1 | n u16, not 0 | n x ( epoch u32 | ik_hash[32] | AMK[32] )
/// ver u8 = 3 | as in 1 | n u16 | n x ( epoch u32 | ik_hash[32] | AMK[32] ) | secret_key[16]
/// ```
/// Only private keys, from which the public ones are derived: a public part that lies beside a private one is a way to
/// make signatures with the wrong modulus ("Victory by KO"). `prev_hash` is [`object_hash`] of the version before.
pub fn seal_keystore<R: CryptoRng + ?Sized>(
    keys: &Keyring,
    amk: &MasterKey,
    account: AccountId,
    version: u64,
    prev_hash: Digest32,
    rng: &mut R,
) -> Vec<u8> {
    let aad = aad(amk, account, version, keys.ik.public().hash());
    seal_object(&amk.keystore_key(), Purpose::Keystore, &aad, &plaintext(keys, prev_hash), rng)
}

/// How many bytes [`seal_keystore`] makes at most of these keys and one that is yet to be made.
pub fn next_keystore_len(keys: &Keyring) -> usize {
    sealed_len(plaintext(keys, [0; 32]).len() + KEY)
}

/// As [`next_keystore_len`], where the master key and the identity key are replaced too.
pub fn renewed_keystore_len(keys: &Keyring) -> usize {
    let others = plaintext(keys, [0; 32]).len().saturating_sub(keys.ik.pkcs8().len());
    sealed_len(others + KEY + KEY + 2 + FORMER)
}

pub(crate) fn plaintext(keys: &Keyring, prev_hash: Digest32) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::with_capacity(2048 * (1 + keys.eks.len()) + FORMER * keys.former.len() + SecretKey::LEN);
    let version = match (&keys.secret_key, keys.former.is_empty()) {
        (Some(_), _) => VERSION_SECRET_KEY,
        (None, false) => VERSION_FORMER,
        (None, true) => VERSION,
    };
    write_keys(&mut w, version, keys, prev_hash);
    if version != VERSION {
        w.u16(u16::try_from(keys.former.len()).unwrap_or(u16::MAX));
        keys.former.iter().take(u16::MAX.into()).for_each(|former| former.write(&mut w));
    }
    if let Some(secret_key) = &keys.secret_key {
        w.raw(secret_key.as_bytes());
    }
    Zeroizing::new(w.finish())
}

/// The keys alone: what goes into a backup, which holds no master key.
pub(crate) fn plaintext_of_keys(keys: &Keyring, prev_hash: Digest32) -> Zeroizing<Vec<u8>> {
    let mut w = Writer::with_capacity(2048 * (1 + keys.eks.len()));
    write_keys(&mut w, VERSION, keys, prev_hash);
    Zeroizing::new(w.finish())
}

fn write_keys(w: &mut Writer, version: u8, keys: &Keyring, prev_hash: Digest32) {
    w.u8(version).raw(&prev_hash).bytes16(keys.ik.pkcs8());
    w.u16(u16::try_from(keys.eks.len()).unwrap_or(u16::MAX));
    for ek in keys.eks.iter().take(u16::MAX.into()) {
        w.u16(ek.suite().number()).bytes16(ek.pkcs8());
    }
}

/// Opens a keystore whose identity key is the one that the account's own statement names.
pub fn open_keystore(
    amk: &MasterKey,
    account: AccountId,
    version: u64,
    ik: IkHash,
    sealed: &[u8],
) -> Result<Keyring, OpenError> {
    Ok(open_keystore_chained(amk, account, version, ik, sealed)?.0)
}

/// As [`open_keystore`], with the hash of the version before.
pub fn open_keystore_chained(
    amk: &MasterKey,
    account: AccountId,
    version: u64,
    ik: IkHash,
    sealed: &[u8],
) -> Result<(Keyring, Digest32), OpenError> {
    let plaintext = open_object(&amk.keystore_key(), Purpose::Keystore, &aad(amk, account, version, ik), sealed)?;
    let (keys, prev) = parse(&plaintext).map_err(|_| OpenError)?;
    if same(keys.ik.public().hash().as_bytes(), ik.as_bytes()) { Ok((keys, prev)) } else { Err(OpenError) }
}

/// How one version of a sealed object names another: `H(L("object") || its bytes)`.
pub fn object_hash(sealed: &[u8]) -> Digest32 {
    Hash::new("object").chain(sealed).finish()
}

pub(crate) fn parse(bytes: &[u8]) -> Result<(Keyring, Digest32), DecodeError> {
    let mut r = Reader::new(bytes);
    let version = r.u8()?;
    if !(VERSION..=VERSION_SECRET_KEY).contains(&version) {
        return Err(DecodeError::UnknownVersion);
    }
    let prev = r.array()?;
    let ik = IdentityKey::from_pkcs8(r.bytes16()?).map_err(|_| DecodeError::Invalid)?;
    let n = r.u16()?;
    let mut eks = Vec::new();
    for _ in 0..n {
        let suite = Suite::from_number(r.u16()?).ok_or(DecodeError::UnknownVersion)?;
        eks.push(DecryptionKey::from_pkcs8(suite, r.bytes16()?).map_err(|_| DecodeError::Invalid)?);
    }
    let formers = if version == VERSION { 0 } else { r.u16()? };
    let former: Vec<Former> = (0..formers).map(|_| Former::read(&mut r)).collect::<Result<_, _>>()?;
    let secret_key = if version == VERSION_SECRET_KEY { Some(SecretKey::of(r.array()?)) } else { None };
    r.finish()?;
    if eks.is_empty() || (former.is_empty() && version == VERSION_FORMER) {
        return Err(DecodeError::Invalid);
    }
    Ok((Keyring { ik, eks, former, secret_key }, prev))
}

/// As [`parse`], of what [`plaintext_of_keys`] wrote.
pub(crate) fn parse_keys(bytes: &[u8]) -> Result<(Keyring, Digest32), DecodeError> {
    if bytes.first() == Some(&VERSION) { parse(bytes) } else { Err(DecodeError::UnknownVersion) }
}

fn aad(amk: &MasterKey, account: AccountId, version: u64, ik: IkHash) -> Aad {
    Aad { account, object: b"keystore".to_vec(), version, ik, amk_epoch: amk.epoch() }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ik: _, eks: _, former: _, secret_key: _ } = self;
        f.write_str("Keyring(..)")
    }
}

impl fmt::Debug for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { amk: _, ik: _ } = self;
        f.write_str("Former(..)")
    }
}
