//! What this browser's database holds of messages, before sealing. One version byte, then postcard.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use signet_ask::{FailedBecause, MessageId};
use signet_shared::{AccountId, ClientUuid, ConvId, EkId, EnvId};

use super::{notes::Note, streams::Place};

const VERSION: u8 = 4;
/// Raised with every change after which something could be opened that was refused before: then it is fetched again.
pub(super) const JUDGE: u8 = 1;

/// One place of the mailbox. Everything that was delivered gets a row, so that the rows say how far this browser has come.
#[derive(Serialize, Deserialize)]
pub(super) struct Mail {
    /// The relay's number for it.
    pub(super) number: u64,
    pub(super) env_id: EnvId,
    pub(super) judge: u8,
    pub(super) row: MailRow,
}

#[derive(Serialize, Deserialize)]
pub(super) enum MailRow {
    /// Did not open, or was not authentic.
    Refused,
    /// Cannot be judged yet: a key statement or the conversation is unknown.
    Held {
        received_ms: u64,
        record: Option<Vec<u8>>,
        delivery: Vec<u8>,
        /// It names a statement of this account's own that was not known.
        own: bool,
    },
    /// Authentic, but in a place that another message has.
    Equivocal {
        conv: ConvId,
    },
    Opened(Opened),
    /// Authentic, and sealed for a key that this account had before it began anew, and that is not here.
    Sealed {
        conv: ConvId,
        author: AccountId,
        place: Place,
        prev: EnvId,
        ek: EkId,
    },
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) conv: ConvId,
    pub(super) author: AccountId,
    pub(super) place: Place,
    pub(super) prev: EnvId,
    pub(super) uuid: ClientUuid,
    pub(super) sent_ms: u64,
    pub(super) body: MailBody,
    /// The message that a text answers.
    pub(super) reply_to: Option<EnvId>,
    pub(super) seen: Vec<Place>,
    pub(super) abandoned: Option<EnvId>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum MailBody {
    Text(String),
    Delivered(Vec<EnvId>),
    Read(Vec<EnvId>),
    Note(Note),
    /// Of a content type that this version does not know.
    Unknown,
}

/// A message of a backup that the mailbox did not have.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Restored {
    pub(super) conv: ConvId,
    pub(super) id: MessageId,
    pub(super) place: Place,
    pub(super) sent_ms: u64,
    /// None of a kind that this version does not know.
    pub(super) text: Option<String>,
    pub(super) delivered: bool,
    /// What stood before it in its conversation.
    pub(super) after: Option<MessageId>,
}

/// Something to be sent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OutRow {
    pub(super) conv: ConvId,
    pub(super) uuid: ClientUuid,
    pub(super) body: MailBody,
    pub(super) reply_to: Option<EnvId>,
    pub(super) sent_ms: u64,
    /// Order of writing.
    pub(super) number: u64,
    pub(super) sealed: Option<SealedRow>,
    pub(super) failed: Option<FailedBecause>,
    /// Sealed before, refused, and not to be sent again: the next seal names it.
    pub(super) abandoned: Option<EnvId>,
}

/// Sealed bytes: resent as they are until they are answered.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SealedRow {
    pub(super) env_id: EnvId,
    pub(super) envelope: Vec<u8>,
    /// The history record: it opens one's own message without RSA when it comes back.
    pub(super) record: Vec<u8>,
}

impl MailBody {
    /// Whether it is shown by itself, and not something that is said about other messages.
    pub(super) fn is_message(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Unknown)
    }

    /// The message that a note is about.
    pub(super) fn target(&self) -> Option<EnvId> {
        if let Self::Note(note) = self { Some(note.target) } else { None }
    }
}

pub(super) fn to_bytes<T: Serialize>(row: &T) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend(postcard::to_allocvec(row).unwrap_or_default());
    bytes
}

pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => postcard::from_bytes(rest).ok(),
        _ => None,
    }
}
