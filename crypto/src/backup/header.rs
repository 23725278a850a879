//! The file's head: in clear, because it says how the key is made, and protected by that key.

use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::CryptoRng;
use signet_shared::{AccountId, Digest32, Hash, Reader, Writer, envelope::Suite};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::BackupError;
use crate::{
    ObjectKey,
    primitives::{hmac, same},
};

/// Bytes of a header with its MAC and checksum.
pub const BACKUP_HEADER: usize = FIELDS + MAC + CHECKSUM;
const FIELDS: usize = 78;
const MAC: usize = 32;
const CHECKSUM: usize = 8;
const MAGIC: &[u8; 4] = b"SGNB";
const VERSION: u16 = 1;
const ARGON2ID: u8 = 1;

/// What trying one backup password costs: Argon2id's memory in KiB, passes and lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupCost {
    pub m_kib: u32,
    pub t: u32,
    pub p: u8,
}

impl BackupCost {
    /// The memory that a sign-in takes as well, so that a phone that signs in can restore; twice the passes, because
    /// whoever has the file can try passwords where no relay counts them.
    pub const USUAL: Self = Self { m_kib: 64 * 1024, t: 6, p: 1 };
    const M: core::ops::RangeInclusive<u32> = 64 * 1024..=1024 * 1024;
    const T: core::ops::RangeInclusive<u32> = 3..=10;
    const P: core::ops::RangeInclusive<u8> = 1..=4;

    /// Before anything is computed: a file must not be able to ask for a day's work or a machine's memory.
    fn check(self) -> Result<(), BackupError> {
        let Self { m_kib, t, p } = self;
        if m_kib > *Self::M.end() || t > *Self::T.end() || p > *Self::P.end() {
            Err(BackupError::TooCostly)
        } else if m_kib < *Self::M.start() || t < *Self::T.start() || p < *Self::P.start() {
            Err(BackupError::TooWeak)
        } else {
            Ok(())
        }
    }
}

/// What a backup says of itself before it is opened. Nothing of it can be trusted before [`Self::unlock`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupHeader {
    pub account: AccountId,
    /// When it was made by the clock of who made it, milliseconds since 1970.
    pub created_ms: u64,
    pub cost: BackupCost,
    pub suite: Suite,
    salt: [u8; 32],
    chunk_size: u32,
    /// As read; none yet of a header that was just made.
    mac: Option<[u8; MAC]>,
}

/// What a backup password and a header give. Making it takes as long as [`BackupCost`] says.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BackupKey {
    header: ObjectKey,
    chunks: ObjectKey,
}

impl BackupHeader {
    /// Bytes of the record stream in a chunk: with the marker that length hiding adds they fill 64 KiB exactly, where
    /// one byte more would be rounded up by 2 KiB.
    pub const CHUNK: u32 = 64 * 1024 - 1;
    const CHUNKS: core::ops::RangeInclusive<u32> = 255..=1024 * 1024 - 1;

    /// The header of a new backup.
    pub fn make<R>(account: AccountId, created_ms: u64, cost: BackupCost, rng: &mut R) -> Result<Self, BackupError>
    where
        R: CryptoRng + ?Sized,
    {
        cost.check()?;
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        Ok(Self { account, created_ms, cost, suite: Suite::Rsa3072, salt, chunk_size: Self::CHUNK, mac: None })
    }

    /// Reads a file's first [`BACKUP_HEADER`] bytes, or all of it if it has fewer. Costs nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, BackupError> {
        let mut r = Reader::new(bytes);
        if r.array().ok() != Some(*MAGIC) {
            return Err(BackupError::NotABackup);
        }
        let short = |_| BackupError::CutShort;
        match r.u16().map_err(short)? {
            0 => return Err(BackupError::Altered),
            VERSION => {}
            _ => return Err(BackupError::NewerVersion),
        }
        let (covered, sum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(BackupError::CutShort)?;
        if bytes.len() < BACKUP_HEADER {
            return Err(BackupError::CutShort);
        }
        if bytes.len() > BACKUP_HEADER || checksum(covered) != *sum {
            return Err(BackupError::Altered);
        }
        let kdf = r.u8().map_err(short)?;
        let cost = BackupCost { m_kib: r.u32().map_err(short)?, t: r.u32().map_err(short)?, p: r.u8().map_err(short)? };
        let salt = r.array().map_err(short)?;
        let suite = Suite::from_number(r.u16().map_err(short)?);
        let (Some(suite), ARGON2ID) = (suite, kdf) else { return Err(BackupError::NewerVersion) };
        cost.check()?;
        let header = Self {
            account: AccountId(r.array().map_err(short)?),
            created_ms: r.u64().map_err(short)?,
            cost,
            suite,
            salt,
            chunk_size: r.u32().map_err(short)?,
            mac: Some(r.array().map_err(short)?),
        };
        if Self::CHUNKS.contains(&header.chunk_size) { Ok(header) } else { Err(BackupError::Altered) }
    }

    /// The key, and for a header that was read the answer to whether the backup password is the right one.
    pub fn unlock(&self, backup_password: &str) -> Result<BackupKey, BackupError> {
        let key = BackupKey::from_bytes(*self.stretch(backup_password)?);
        self.accepts(&key)?;
        Ok(key)
    }

    /// As [`Self::unlock`], with a key that is there already.
    pub(crate) fn accepts(&self, key: &BackupKey) -> Result<(), BackupError> {
        match self.mac {
            Some(mac) if !same(&mac, &self.mac_under(key)) => Err(BackupError::WrongBackupPassword),
            _ => Ok(()),
        }
    }

    /// `BK`
    pub(crate) fn stretch(&self, backup_password: &str) -> Result<Zeroizing<[u8; 32]>, BackupError> {
        let BackupCost { m_kib, t, p } = self.cost;
        let params = Params::new(m_kib, t, p.into(), None).map_err(|_| BackupError::TooCostly)?;
        let mut bk = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(backup_password.as_bytes(), &self.salt, bk.as_mut_slice())
            .map_err(|_| BackupError::NoMemory)?;
        Ok(bk)
    }

    /// The file's first bytes.
    pub(crate) fn to_bytes(&self, key: &BackupKey) -> Vec<u8> {
        let mut bytes = self.fields();
        bytes.extend_from_slice(&self.mac_under(key));
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// `H(L("backup") || header)`, with its MAC and checksum: what binds every chunk and the signature to this file.
    pub(crate) fn hash(&self, key: &BackupKey) -> Digest32 {
        Hash::new("backup").chain(&self.to_bytes(key)).finish()
    }

    pub(super) fn chunk_size(&self) -> usize {
        usize::try_from(self.chunk_size).unwrap_or(usize::MAX)
    }

    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn with(self, chunk_size: u32) -> Self {
        Self { chunk_size, ..self }
    }

    pub(crate) fn fields(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(BACKUP_HEADER);
        w.raw(MAGIC).u16(VERSION).u8(ARGON2ID).u32(self.cost.m_kib).u32(self.cost.t).u8(self.cost.p);
        w.raw(&self.salt).u16(self.suite.number()).raw(self.account.as_bytes());
        w.u64(self.created_ms).u32(self.chunk_size);
        w.finish()
    }

    fn mac_under(&self, key: &BackupKey) -> [u8; MAC] {
        hmac(key.header.as_bytes(), &[&Hash::label("backup header"), &self.fields()])
    }
}

impl BackupKey {
    /// `BK` -> `hk`, `ck`.
    pub(crate) fn from_bytes(bk: [u8; 32]) -> Self {
        let bk = ObjectKey::from_bytes(bk);
        Self { header: bk.derive("backup hk", &[]), chunks: bk.derive("backup ck", &[]) }
    }

    pub(super) fn chunks(&self) -> &ObjectKey {
        &self.chunks
    }

    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn parts(&self) -> [&ObjectKey; 2] {
        [&self.header, &self.chunks]
    }
}

/// Against accidents, so that a damaged header is not taken for a wrong password. No security: anyone can make it.
fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, e, f, g, h, ..] = Hash::new("backup checksum").chain(bytes).finish();
    [a, b, c, d, e, f, g, h]
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header: _, chunks: _ } = self;
        f.write_str("BackupKey(..)")
    }
}
