use crate::{DecodeError, Reader, Writer, limits};

/// What a browser says.
///
/// ```text
/// 1 subscribe | after u64
/// 2 send      | req u32 | envelope len u32, bytes
/// 3 keep      | seq u64 | record len u32, bytes
/// 4 ping      | nonce u64
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// Deliver everything in my mailbox above this sequence number, then whatever comes. Said first, once; said again, it
    /// starts the backlog anew from there.
    Subscribe {
        after: u64,
    },
    /// Store and deliver an envelope. `req` comes back in the answer. Sending the same envelope again is harmless.
    Send {
        req: u32,
        envelope: Vec<u8>,
    },
    /// Keep the sealed history record of the message at `seq` of my mailbox. The first one stays.
    Keep {
        seq: u64,
        record: Vec<u8>,
    },
    Ping {
        nonce: u64,
    },
}

impl ClientFrame {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::Subscribe { after } => w.u8(1).u64(*after),
            Self::Send { req, envelope } => w.u8(2).u32(*req).bytes32(envelope),
            Self::Keep { seq, record } => w.u8(3).u64(*seq).bytes32(record),
            Self::Ping { nonce } => w.u8(4).u64(*nonce),
        };
        w.finish()
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let frame = match r.u8()? {
            1 => Self::Subscribe { after: r.u64()? },
            2 => Self::Send { req: r.u32()?, envelope: r.bytes32(limits::FRAME)?.to_vec() },
            3 => Self::Keep { seq: r.u64()?, record: r.bytes32(limits::RECORD)?.to_vec() },
            4 => Self::Ping { nonce: r.u64()? },
            _ => return Err(DecodeError::UnknownVersion),
        };
        r.finish()?;
        Ok(frame)
    }
}
