use crate::{
    AccountId, ConvId, DecodeError, EnvId, Hash, MembersHash, Reader, StatementHash, StreamId, Writer, limits,
};

pub const MAGIC: [u8; 4] = *b"SGN1";

/// Flag bit 0: this message may wake a sleeping reader by a push. Receipts and the like do not set it.
pub const FLAG_WAKE: u8 = 1;

/// The algorithm suites that exist. No other number is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Suite {
    /// RSA-3072 OAEP-SHA256, AES-256-CFB128 with PKCS#7, HMAC-SHA256, HKDF-SHA256, RSA-3072 PSS-SHA256.
    Rsa3072 = 0x0001,
}

impl Suite {
    pub fn from_number(number: u16) -> Option<Self> {
        (number == 0x0001).then_some(Self::Rsa3072)
    }

    pub fn number(self) -> u16 {
        self as u16
    }

    /// Bytes of one wrapped key.
    pub fn wrap_len(self) -> usize {
        match self {
            Self::Rsa3072 => 384,
        }
    }

    /// Bytes of one signature.
    pub fn sig_len(self) -> usize {
        match self {
            Self::Rsa3072 => 384,
        }
    }
}

/// What the relay does with a message. Everything finer is `content_type`, inside the seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Stored, and part of its stream's chain.
    Chained = 1,
}

impl Kind {
    pub fn from_number(number: u8) -> Option<Self> {
        (number == 1).then_some(Self::Chained)
    }
}

/// The address of a message, 202 bytes:
///
/// ```text
/// magic "SGN1" | suite u16 | kind u8 | flags u8 | conv_id[32] | group_epoch u64 | members_hash[32] | sender_id[16]
/// | sender_stmt[32] | stream_id[16] | seq u64 | prev[32] | iv[16] | n_recipients u16
/// ```
/// Everything in it is bound into the key derivation, the OAEP label, the MAC and the signature through [`Header::ctx`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub suite: Suite,
    pub kind: Kind,
    pub flags: u8,
    pub conv_id: ConvId,
    pub group_epoch: u64,
    pub members_hash: MembersHash,
    pub sender_id: AccountId,
    pub sender_stmt: StatementHash,
    pub stream_id: StreamId,
    /// Counts from 1 within (conversation, stream).
    pub seq: u64,
    /// The `env_id` of `seq - 1`, or [`Header::first_prev`].
    pub prev: EnvId,
    pub iv: [u8; 16],
    pub n_recipients: u16,
}

impl Header {
    pub const LEN: usize = 202;

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(Self::LEN);
        w.raw(&MAGIC).u16(self.suite.number()).u8(self.kind as u8).u8(self.flags);
        w.raw(self.conv_id.as_bytes()).u64(self.group_epoch).raw(self.members_hash.as_bytes());
        w.raw(self.sender_id.as_bytes()).raw(self.sender_stmt.as_bytes()).raw(self.stream_id.as_bytes());
        w.u64(self.seq).raw(self.prev.as_bytes()).raw(&self.iv).u16(self.n_recipients);
        w.finish()
    }

    pub fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.array::<4>()? != MAGIC {
            return Err(DecodeError::Invalid);
        }
        let suite = Suite::from_number(r.u16()?).ok_or(DecodeError::UnknownVersion)?;
        let kind = Kind::from_number(r.u8()?).ok_or(DecodeError::UnknownVersion)?;
        let flags = r.u8()?;
        if flags & !FLAG_WAKE != 0 {
            return Err(DecodeError::Invalid);
        }
        let header = Self {
            suite,
            kind,
            flags,
            conv_id: ConvId(r.array()?),
            group_epoch: r.u64()?,
            members_hash: MembersHash(r.array()?),
            sender_id: AccountId(r.array()?),
            sender_stmt: StatementHash(r.array()?),
            stream_id: StreamId(r.array()?),
            seq: r.u64()?,
            prev: EnvId(r.array()?),
            iv: r.array()?,
            n_recipients: r.u16()?,
        };
        if header.seq == 0 || header.n_recipients == 0 || usize::from(header.n_recipients) > limits::MEMBERS {
            return Err(DecodeError::Invalid);
        }
        Ok(header)
    }

    /// `ctx = H(L("ctx") || header)`.
    pub fn ctx(&self) -> crate::Digest32 {
        Hash::new("ctx").chain(&self.to_bytes()).finish()
    }

    /// What `prev` is in a stream's first message: `H(L("stream") || conv || sender || stream_id)`.
    pub fn first_prev(conv: ConvId, sender: AccountId, stream: StreamId) -> EnvId {
        EnvId(Hash::new("stream").chain(conv.as_bytes()).chain(sender.as_bytes()).chain(stream.as_bytes()).finish())
    }
}
