use super::Refusal;
use crate::{DecodeError, Reader, Writer, api::AnewId, limits};

/// What the relay says.
///
/// ```text
/// 1 subscribed    | head u64 | keystore version u64 | state version u64
/// 2 deliver       | seq u64 | received_ms u64 | record? len u32, bytes | delivery len u32, bytes
/// 3 caught up     | seq u64
/// 4 sent          | req u32 | seq u64 | received_ms u64
/// 5 refused       | req u32 | refusal u16 | retry_after_s u32
/// 6 kept          | seq u64
/// 7 pong          | nonce u64
/// 8 state changed | version u64
/// 9 keys changed  | version u64
/// 10 anew         | option ( id[16] | asked_ms u64 | left_ms u64 )
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerFrame {
    /// The answer to `Subscribe`: the highest sequence number of the mailbox now (0 if it is empty), and the versions of
    /// the sealed objects, which other browsers may have written while this one was away.
    Subscribed {
        head: u64,
        keystore: u64,
        state: u64,
    },
    /// A message, in the order of the mailbox, without a gap: on each connection the numbers follow one another.
    /// `received_ms` is the relay's clock and decides nothing. Where the relay can no longer read what it stored, the
    /// number comes with an empty `delivery`, no record and `received_ms` 0; the reader passes it.
    Deliver {
        seq: u64,
        received_ms: u64,
        record: Option<Vec<u8>>,
        delivery: Vec<u8>,
    },
    /// The backlog up to `seq` has been sent; what follows is live.
    CaughtUp {
        seq: u64,
    },
    /// The envelope is on disk. `seq` is its place in the sender's own mailbox.
    Sent {
        req: u32,
        seq: u64,
        received_ms: u64,
    },
    /// The envelope was not stored. Where that was for the moment ([`Refusal::is_passing`]), the relay refuses what
    /// comes after it in its stream on this connection too, with [`Refusal::TooMany`], until the same place is sent
    /// again: so what was on its way behind it does not reach its readers first.
    Refused {
        req: u32,
        refusal: Refusal,
        retry_after_s: u32,
    },
    Kept {
        seq: u64,
    },
    Pong {
        nonce: u64,
    },
    /// Another browser of this account has written the sealed state.
    StateChanged {
        version: u64,
    },
    /// Another browser of this account has written new keys: the keystore's version.
    KeysChanged {
        version: u64,
    },
    /// Somebody has asked to start this account anew, or (`None`) that is no longer so. Said after `Subscribed` if it is so,
    /// and whenever it changes.
    Anew(Option<AnewAsked>),
}

/// A request to start an account anew, as its signed-in browsers are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnewAsked {
    pub id: AnewId,
    /// By the relay's clock.
    pub asked_ms: u64,
    /// Until it can be carried out. It can be refused until it is.
    pub left_ms: u64,
}

impl ServerFrame {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Self::Subscribed { head, keystore, state } => w.u8(1).u64(*head).u64(*keystore).u64(*state),
            Self::Deliver { seq, received_ms, record, delivery } => w
                .u8(2)
                .u64(*seq)
                .u64(*received_ms)
                .option(record.as_deref(), |w, record| {
                    w.bytes32(record);
                })
                .bytes32(delivery),
            Self::CaughtUp { seq } => w.u8(3).u64(*seq),
            Self::Sent { req, seq, received_ms } => w.u8(4).u32(*req).u64(*seq).u64(*received_ms),
            Self::Refused { req, refusal, retry_after_s } => {
                w.u8(5).u32(*req).u16(refusal.number()).u32(*retry_after_s)
            }
            Self::Kept { seq } => w.u8(6).u64(*seq),
            Self::Pong { nonce } => w.u8(7).u64(*nonce),
            Self::StateChanged { version } => w.u8(8).u64(*version),
            Self::KeysChanged { version } => w.u8(9).u64(*version),
            Self::Anew(asked) => w.u8(10).option(asked.as_ref(), |w, asked| {
                w.raw(&asked.id).u64(asked.asked_ms).u64(asked.left_ms);
            }),
        };
        w.finish()
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let frame = match r.u8()? {
            1 => Self::Subscribed { head: r.u64()?, keystore: r.u64()?, state: r.u64()? },
            2 => Self::Deliver {
                seq: r.u64()?,
                received_ms: r.u64()?,
                record: r.option(|r| Ok(r.bytes32(limits::RECORD)?.to_vec()))?,
                delivery: r.bytes32(limits::FRAME)?.to_vec(),
            },
            3 => Self::CaughtUp { seq: r.u64()? },
            4 => Self::Sent { req: r.u32()?, seq: r.u64()?, received_ms: r.u64()? },
            5 => Self::Refused {
                req: r.u32()?,
                refusal: Refusal::from_number(r.u16()?).ok_or(DecodeError::UnknownVersion)?,
                retry_after_s: r.u32()?,
            },
            6 => Self::Kept { seq: r.u64()? },
            7 => Self::Pong { nonce: r.u64()? },
            8 => Self::StateChanged { version: r.u64()? },
            9 => Self::KeysChanged { version: r.u64()? },
            10 => Self::Anew(r.option(|r| Ok(AnewAsked { id: r.array()?, asked_ms: r.u64()?, left_ms: r.u64()? }))?),
            _ => return Err(DecodeError::UnknownVersion),
        };
        r.finish()?;
        Ok(frame)
    }
}
