use rand_core::CryptoRng;
use signet_shared::{
    Digest32, Hash,
    envelope::{Frontier, leaf_hash},
};
use zeroize::Zeroizing;

use super::{
    BackupError, BackupHeader, BackupKey, BackupRecord, CHUNK_HEAD, Flaw, PURPOSE, SIGNED, course::Course, record,
};
use crate::{IdentityKey, sealed::seal_as};

/// Writes a backup, in memory of one chunk and one record. What the methods return are the file's next bytes.
pub struct BackupWriter {
    key: BackupKey,
    header_hash: Digest32,
    chunk_size: usize,
    course: Course,
    pending: Zeroizing<Vec<u8>>,
    tree: Frontier,
}

impl BackupWriter {
    /// With the key that [`BackupHeader::unlock`] gave for this header.
    pub fn start(header: &BackupHeader, key: BackupKey) -> (Self, Vec<u8>) {
        let bytes = header.to_bytes(&key);
        let writer = Self {
            header_hash: header.hash(&key),
            chunk_size: header.chunk_size(),
            course: Course::new(header.account),
            pending: Zeroizing::default(),
            tree: Frontier::default(),
            key,
        };
        (writer, bytes)
    }

    /// The chunks that are full now: none, most of the time. Refuses what a reader would refuse; the file must then be
    /// thrown away.
    pub fn push<R>(&mut self, record: &BackupRecord, rng: &mut R) -> Result<Vec<u8>, BackupError>
    where
        R: CryptoRng + ?Sized,
    {
        self.course.take(record)?;
        Ok(self.add(&record.to_bytes().ok_or(BackupError::Content(Flaw::Record))?, rng))
    }

    /// The last chunk and the footer, signed by the account's identity key, which must be the keystore record's.
    pub fn finish<R>(mut self, ik: &IdentityKey, rng: &mut R) -> Result<Vec<u8>, BackupError>
    where
        R: CryptoRng + ?Sized,
    {
        let (named, contacts, messages) = self.course.end()?;
        if *named != ik.public() {
            return Err(BackupError::Content(Flaw::Keys));
        }
        let out = self.add(&record::end(contacts, messages), rng);
        self.close(out, ik, rng)
    }

    /// A file around any record stream, for showing that readers refuse it.
    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn around<R>(mut self, stream: &[u8], ik: &IdentityKey, rng: &mut R) -> Result<Vec<u8>, BackupError>
    where
        R: CryptoRng + ?Sized,
    {
        let out = self.add(stream, rng);
        self.close(out, ik, rng)
    }

    /// The chunks of any record stream, without a footer.
    #[cfg(any(test, feature = "self-test"))]
    pub(crate) fn unsigned<R: CryptoRng + ?Sized>(mut self, stream: &[u8], rng: &mut R) -> Vec<u8> {
        let mut out = self.add(stream, rng);
        let last = core::mem::take(&mut self.pending);
        self.seal(&last, true, &mut out, rng);
        out
    }

    fn close<R>(mut self, mut out: Vec<u8>, ik: &IdentityKey, rng: &mut R) -> Result<Vec<u8>, BackupError>
    where
        R: CryptoRng + ?Sized,
    {
        let last = core::mem::take(&mut self.pending);
        self.seal(&last, true, &mut out, rng);
        let digest = signed_digest(&self.header_hash, &self.tree);
        let sig = ik.sign(SIGNED, &digest, rng).map_err(|_| BackupError::Signature)?;
        out.extend_from_slice(&self.tree.count().to_be_bytes());
        out.extend_from_slice(&self.tree.root());
        out.extend_from_slice(&sig);
        Ok(out)
    }

    /// A full chunk waits until something follows it, because the last must say so.
    fn add<R: CryptoRng + ?Sized>(&mut self, bytes: &[u8], rng: &mut R) -> Vec<u8> {
        let (mut out, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            if self.pending.len() == self.chunk_size {
                let full = core::mem::take(&mut self.pending);
                self.seal(&full, false, &mut out, rng);
            }
            if self.pending.is_empty() {
                self.pending.reserve_exact(self.chunk_size);
            }
            let (now, later) = rest.split_at(rest.len().min(self.chunk_size - self.pending.len()));
            self.pending.extend_from_slice(now);
            rest = later;
        }
        out
    }

    fn seal<R: CryptoRng + ?Sized>(&mut self, plain: &[u8], last: bool, out: &mut Vec<u8>, rng: &mut R) {
        let aad = chunk_aad(&self.header_hash, self.tree.count(), last);
        let sealed = seal_as(self.key.chunks(), PURPOSE, &aad, plain, rng);
        self.tree.push(leaf_hash(&sealed));
        out.reserve(CHUNK_HEAD + sealed.len());
        out.push(last.into());
        out.extend_from_slice(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&sealed);
    }
}

/// `header_hash[32] | index u64 | final u8`
pub(super) fn chunk_aad(header_hash: &Digest32, index: u64, last: bool) -> Vec<u8> {
    [&header_hash[..], &index.to_be_bytes(), &[last.into()]].concat()
}

/// `H(L("backup end") || header_hash || n_chunks u64 || root)`
pub(super) fn signed_digest(header_hash: &Digest32, tree: &Frontier) -> Digest32 {
    Hash::new("backup end").chain(header_hash).chain_u64(tree.count()).chain(&tree.root()).finish()
}
