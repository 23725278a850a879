//! The plaintext of a message.

use core::fmt;

use signet_shared::{ClientUuid, DecodeError, Digest32, EnvId, Reader, StreamId, Writer, limits};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const TEXT: u16 = 1;
const DELIVERED: u16 = 2;
const READ: u16 = 3;
const REACTION: u16 = 4;
const EDIT: u16 = 5;
const DELETE: u16 = 6;
/// Receipts in one message.
const RECEIPTS: usize = 1024;
/// Bytes of a reaction: the longest emoji sequences have about forty.
const REACTION_BYTES: usize = 64;

/// What is inside the seal.
#[derive(Clone, PartialEq, Eq)]
pub struct Inner {
    pub content: Content,
    /// The writer's clock, for show only; no clock decides what is valid.
    pub sent_ms: u64,
    pub client_uuid: ClientUuid,
    pub reply_to: Option<EnvId>,
    /// Seconds until it disappears; 0 for never.
    pub expires_s: u32,
    /// What the writer has seen of other streams since its previous message.
    pub seen: Vec<SeenRow>,
    /// An envelope of the same message that was sealed before and given up.
    pub abandoned: Option<EnvId>,
    pub group_head: Digest32,
    pub keystore_version: u64,
    pub keystore_hash: Digest32,
    pub state_version: u64,
    pub state_hash: Digest32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRow {
    pub stream: StreamId,
    pub seq: u64,
    pub env_id: EnvId,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    Text(String),
    /// These messages have arrived.
    Delivered(Vec<EnvId>),
    /// These messages have been seen by the person.
    Read(Vec<EnvId>),
    /// The writer's one reaction to a message, in place of the one before; an empty one takes that back.
    Reaction {
        target: EnvId,
        emoji: String,
    },
    /// Another text in place of a message's. Of no effect but by the message's own author.
    Edit {
        target: EnvId,
        text: String,
    },
    /// A message is to be shown no more, to anybody. Of no effect but by the message's own author.
    Delete {
        target: EnvId,
    },
    /// A kind that this version does not know: kept, shown as such, never guessed at.
    Unknown {
        content_type: u16,
        body: Vec<u8>,
    },
}

impl Inner {
    /// ```text
    /// ver u8 = 1 | content_type u16 | sent_ms u64 | client_uuid[16] | reply_to: option env_id[32] | expires_s u32
    /// | n_seen u8, n x ( stream_id[16] | seq u64 | env_id[32] ) | abandoned: option env_id[32] | group_head[32]
    /// | keystore_version u64 | keystore_hash[32] | state_version u64 | state_hash[32] | body len u32, bytes
    /// ```
    /// `None` if a limit is passed.
    pub(crate) fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let (content_type, body) = self.content.to_body()?;
        if self.seen.len() > limits::SEEN_ROWS {
            return None;
        }
        let mut w = Writer::with_capacity(1024 + body.len());
        w.u8(VERSION).u16(content_type).u64(self.sent_ms).raw(self.client_uuid.as_bytes());
        write_id(&mut w, self.reply_to);
        w.u32(self.expires_s).u8(u8::try_from(self.seen.len()).ok()?);
        for row in &self.seen {
            w.raw(row.stream.as_bytes()).u64(row.seq).raw(row.env_id.as_bytes());
        }
        write_id(&mut w, self.abandoned);
        w.raw(&self.group_head).u64(self.keystore_version).raw(&self.keystore_hash);
        w.u64(self.state_version).raw(&self.state_hash).bytes32(&body);
        Some(Zeroizing::new(w.finish()))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != VERSION {
            return Err(DecodeError::UnknownVersion);
        }
        let content_type = r.u16()?;
        let sent_ms = r.u64()?;
        let client_uuid = ClientUuid(r.array()?);
        let reply_to = r.option(read_id)?;
        let expires_s = r.u32()?;
        let n_seen = usize::from(r.u8()?);
        if n_seen > limits::SEEN_ROWS {
            return Err(DecodeError::TooLong);
        }
        let mut seen = Vec::with_capacity(n_seen);
        for _ in 0..n_seen {
            seen.push(SeenRow { stream: StreamId(r.array()?), seq: r.u64()?, env_id: read_id(&mut r)? });
        }
        let inner = Self {
            sent_ms,
            client_uuid,
            reply_to,
            expires_s,
            seen,
            abandoned: r.option(read_id)?,
            group_head: r.array()?,
            keystore_version: r.u64()?,
            keystore_hash: r.array()?,
            state_version: r.u64()?,
            state_hash: r.array()?,
            content: Content::parse(content_type, r.bytes32(limits::CIPHERTEXT)?)?,
        };
        r.finish()?;
        Ok(inner)
    }
}

impl Content {
    /// Whether it is shown by itself, and not something that is said about other messages.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Unknown { .. })
    }

    /// Text: UTF-8. Delivered and read: `n u16, n x env_id[32]`. Reaction and edit: `env_id[32], UTF-8`. Delete: `env_id[32]`.
    pub(crate) fn to_body(&self) -> Option<(u16, Zeroizing<Vec<u8>>)> {
        let body = |bytes| Zeroizing::new(bytes);
        let about = |target: &EnvId, text: &str| Zeroizing::new([target.as_bytes(), text.as_bytes()].concat());
        match self {
            Self::Text(text) if is_text(text) => Some((TEXT, body(text.as_bytes().to_vec()))),
            Self::Delivered(ids) => Some((DELIVERED, write_ids(ids)?)),
            Self::Read(ids) => Some((READ, write_ids(ids)?)),
            Self::Reaction { target, emoji } if emoji.len() <= REACTION_BYTES => Some((REACTION, about(target, emoji))),
            Self::Edit { target, text } if is_text(text) => Some((EDIT, about(target, text))),
            Self::Delete { target } => Some((DELETE, about(target, ""))),
            Self::Unknown { content_type, body: bytes } if !(TEXT..=DELETE).contains(content_type) => {
                Some((*content_type, body(bytes.clone())))
            }
            _ => None,
        }
    }

    pub(crate) fn parse(content_type: u16, body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let content = match content_type {
            TEXT => return Ok(Self::Text(read_text(body)?)),
            DELIVERED => Self::Delivered(read_ids(&mut r)?),
            READ => Self::Read(read_ids(&mut r)?),
            REACTION => {
                let (target, rest) = (read_id(&mut r)?, r.rest());
                if rest.len() > REACTION_BYTES {
                    return Err(DecodeError::TooLong);
                }
                Self::Reaction { target, emoji: read_text(rest)? }
            }
            EDIT => Self::Edit { target: read_id(&mut r)?, text: read_text(r.rest())? },
            DELETE => Self::Delete { target: read_id(&mut r)? },
            _ => return Ok(Self::Unknown { content_type, body: body.to_vec() }),
        };
        r.finish()?;
        Ok(content)
    }
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= limits::TEXT_CHARS
}

fn read_text(bytes: &[u8]) -> Result<String, DecodeError> {
    let text = core::str::from_utf8(bytes).map_err(|_| DecodeError::Invalid)?;
    if is_text(text) { Ok(text.to_owned()) } else { Err(DecodeError::TooLong) }
}

fn write_ids(ids: &[EnvId]) -> Option<Zeroizing<Vec<u8>>> {
    if ids.len() > RECEIPTS {
        return None;
    }
    let mut w = Writer::with_capacity(2 + 32 * ids.len());
    w.u16(u16::try_from(ids.len()).ok()?);
    for id in ids {
        w.raw(id.as_bytes());
    }
    Some(Zeroizing::new(w.finish()))
}

fn read_ids(r: &mut Reader<'_>) -> Result<Vec<EnvId>, DecodeError> {
    let n = usize::from(r.u16()?);
    if n > RECEIPTS {
        return Err(DecodeError::TooLong);
    }
    (0..n).map(|_| read_id(r)).collect()
}

fn write_id(w: &mut Writer, id: Option<EnvId>) {
    w.option(id, |w, id| {
        w.raw(id.as_bytes());
    });
}

fn read_id(r: &mut Reader<'_>) -> Result<EnvId, DecodeError> {
    Ok(EnvId(r.array()?))
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            content: _,
            sent_ms: _,
            client_uuid: _,
            reply_to: _,
            expires_s: _,
            seen: _,
            abandoned: _,
            group_head: _,
            keystore_version: _,
            keystore_hash: _,
            state_version: _,
            state_hash: _,
        } = self;
        f.write_str("Inner(..)")
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Delivered(_) => "Delivered(..)",
            Self::Read(_) => "Read(..)",
            Self::Reaction { target: _, emoji: _ } => "Reaction(..)",
            Self::Edit { target: _, text: _ } => "Edit(..)",
            Self::Delete { target: _ } => "Delete(..)",
            Self::Unknown { content_type: _, body: _ } => "Unknown(..)",
        })
    }
}
