use signet_shared::{
    AccountId, Digest32, Reader,
    envelope::{Frontier, leaf_hash},
};
use zeroize::Zeroizing;

use super::{
    BackupError, BackupHeader, BackupKey, BackupRecord, CHUNK_HEAD, FOOTER, Flaw, PURPOSE, SIG, SIGNED,
    course::Course,
    record::{END, RECORD_HEAD, most},
    writer::{chunk_aad, signed_digest},
};
use crate::sealed::{open_as, sealed_len};

/// Reads a backup, in memory of one chunk and one record. **What it gives is authentic only when [`Self::finish`] has
/// said so**: read the whole file once and throw the records away, and import them from a second reading that ends with
/// the same [`BackupSummary`].
#[cfg_attr(test, derive(Clone))]
pub struct BackupReader {
    key: BackupKey,
    header_hash: Digest32,
    chunk_size: usize,
    /// Bytes of the file that are not a whole chunk or footer yet.
    sealed: Vec<u8>,
    last_read: bool,
    /// Bytes of the record stream that are not a whole record yet.
    plain: Zeroizing<Vec<u8>>,
    ended: bool,
    tree: Frontier,
    course: Course,
    account: AccountId,
    /// What came of it, once that is certain.
    outcome: Option<Result<BackupSummary, BackupError>>,
}

/// What a backup that was read to its end, and is whole and signed, holds. Equal for two readings of one file, and of no
/// others: `root` is over every chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    pub account: AccountId,
    pub contacts: u32,
    pub messages: u64,
    pub chunks: u64,
    pub root: Digest32,
}

impl BackupReader {
    /// For what follows the header. Refuses a key that is not the header's.
    pub fn new(header: &BackupHeader, key: BackupKey) -> Result<Self, BackupError> {
        header.accepts(&key)?;
        Ok(Self {
            header_hash: header.hash(&key),
            chunk_size: header.chunk_size(),
            sealed: Vec::new(),
            last_read: false,
            plain: Zeroizing::default(),
            ended: false,
            tree: Frontier::default(),
            course: Course::new(header.account),
            account: header.account,
            outcome: None,
            key,
        })
    }

    /// The file's next bytes, in pieces of any size: the records that are whole now. After an error nothing more is read.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Vec<BackupRecord>, BackupError> {
        let mut records = Vec::new();
        match self.outcome {
            Some(Err(error)) => return Err(error),
            Some(Ok(_)) if !bytes.is_empty() => return self.fail(BackupError::Altered),
            _ => {}
        }
        while !bytes.is_empty() {
            if let Err(error) = self.step(&mut bytes, &mut records) {
                return self.fail(error);
            }
        }
        Ok(records)
    }

    /// After the file's last byte.
    pub fn finish(self) -> Result<BackupSummary, BackupError> {
        self.outcome.unwrap_or(Err(BackupError::CutShort))
    }

    fn fail<T>(&mut self, error: BackupError) -> Result<T, BackupError> {
        self.outcome = Some(Err(error));
        Err(error)
    }

    /// Takes from `bytes` what the next whole part still lacks, and reads the part if that completes it.
    fn step(&mut self, bytes: &mut &[u8], records: &mut Vec<BackupRecord>) -> Result<(), BackupError> {
        if self.outcome.is_some() {
            return Err(BackupError::Altered);
        }
        let needed = if self.last_read { FOOTER } else { CHUNK_HEAD + self.chunk_len()? };
        let (now, later) = bytes.split_at(bytes.len().min(needed - self.sealed.len()));
        self.sealed.extend_from_slice(now);
        *bytes = later;
        if self.sealed.len() < needed || needed == CHUNK_HEAD {
            return Ok(());
        }
        let part = core::mem::take(&mut self.sealed);
        if self.last_read {
            self.outcome = Some(Ok(self.footer(&part)?));
        } else {
            self.chunk(&part)?;
            self.records(records)?;
        }
        Ok(())
    }

    /// The sealed length that the chunk's head names; 0 while the head is not whole. Judged before it is waited for.
    fn chunk_len(&self) -> Result<usize, BackupError> {
        let Some((head, _)) = self.sealed.split_first_chunk::<CHUNK_HEAD>() else { return Ok(0) };
        let [last, a, b, c, d] = *head;
        let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let full = sealed_len(self.chunk_size);
        let fits = match last {
            0 => len == full,
            1 => (sealed_len(1)..=full).contains(&len),
            _ => false,
        };
        if fits { Ok(len) } else { Err(BackupError::Altered) }
    }

    fn chunk(&mut self, part: &[u8]) -> Result<(), BackupError> {
        let (head, sealed) = part.split_at_checked(CHUNK_HEAD).ok_or(BackupError::Altered)?;
        let last = head.first() == Some(&1);
        let aad = chunk_aad(&self.header_hash, self.tree.count(), last);
        let plain = open_as(self.key.chunks(), PURPOSE, &aad, sealed).map_err(|_| BackupError::Altered)?;
        let whole = if last { (1..=self.chunk_size).contains(&plain.len()) } else { plain.len() == self.chunk_size };
        if !whole {
            return Err(BackupError::Content(Flaw::Record));
        }
        self.tree.push(leaf_hash(sealed));
        self.last_read = last;
        self.keep(&plain);
        Ok(())
    }

    /// Grows by moving, so that no copy of a secret is left behind unwiped.
    fn keep(&mut self, plain: &[u8]) {
        let needed = self.plain.len() + plain.len();
        if self.plain.capacity() < needed {
            let mut more = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.plain.capacity())));
            more.extend_from_slice(&self.plain);
            self.plain = more;
        }
        self.plain.extend_from_slice(plain);
    }

    /// Reads the records that are whole.
    fn records(&mut self, records: &mut Vec<BackupRecord>) -> Result<(), BackupError> {
        let mut at = 0;
        while let Some((kind, body)) = next(&self.plain[at..])? {
            if self.ended {
                return Err(BackupError::Content(Flaw::Order));
            }
            at += RECORD_HEAD + body.len();
            if kind == END {
                self.end(&self.plain[at - body.len()..at])?;
                self.ended = true;
            } else {
                let record = BackupRecord::parse(kind, body)?;
                self.course.take(&record)?;
                records.push(record);
            }
        }
        self.plain.drain(..at);
        // The end is the last chunk's last byte, and no earlier.
        if self.last_read == (self.ended && self.plain.is_empty()) && (self.last_read || !self.ended) {
            Ok(())
        } else {
            Err(BackupError::Content(Flaw::Order))
        }
    }

    fn end(&self, body: &[u8]) -> Result<(), BackupError> {
        let (_, contacts, messages) = self.course.end()?;
        let mut r = Reader::new(body);
        let counted = (r.u32().ok(), r.u64().ok(), r.finish().is_ok());
        if counted == (Some(contacts), Some(messages), true) { Ok(()) } else { Err(BackupError::Content(Flaw::Count)) }
    }

    fn footer(&self, part: &[u8]) -> Result<BackupSummary, BackupError> {
        let (ik, contacts, messages) = self.course.end()?;
        let mut r = Reader::new(part);
        let altered = |_| BackupError::Altered;
        let chunks = r.u64().map_err(altered)?;
        let root = r.array().map_err(altered)?;
        let sig: [u8; SIG] = r.array().map_err(altered)?;
        if (chunks, root) != (self.tree.count(), self.tree.root()) {
            return Err(BackupError::Altered);
        }
        if !ik.verify(SIGNED, &signed_digest(&self.header_hash, &self.tree), &sig) {
            return Err(BackupError::Signature);
        }
        Ok(BackupSummary { account: self.account, contacts, messages, chunks, root })
    }
}

/// The type and body of the first record, if it is whole. A length above its limit is refused before it is waited for.
fn next(plain: &[u8]) -> Result<Option<(u8, &[u8])>, BackupError> {
    let Some((&[kind, a, b, c, d], rest)) = plain.split_first_chunk::<RECORD_HEAD>() else { return Ok(None) };
    let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    match most(kind) {
        Some(most) if len <= most => Ok(rest.get(..len).map(|body| (kind, body))),
        _ => Err(BackupError::Content(Flaw::Record)),
    }
}
