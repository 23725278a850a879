//! The sealed state that all browsers of an account share: whom it has met (pins), how far it has read, and where the
//! streams stood (checkpoints, so that history cannot be cut unnoticed).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use signet_crypto::VerifiedAccount;
use signet_shared::{AccountId, ConvId, EnvId, StreamId};

const VERSION: u8 = 1;
/// Checkpoints kept per conversation: those of the streams with the highest counters' worth of history last written.
pub(super) const CHECKPOINTS: usize = 4;

#[derive(Clone)]
pub(super) struct Pin {
    pub(super) account: VerifiedAccount,
    /// When the conversation began here, milliseconds since 1970.
    pub(super) since_ms: u64,
    /// Their identity key has changed since they were first pinned.
    pub(super) new_identity: bool,
}

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) pins: BTreeMap<AccountId, Pin>,
    /// Everything at or below this place of the mailbox has been seen.
    pub(super) marks: BTreeMap<ConvId, u64>,
    pub(super) checkpoints: BTreeMap<(ConvId, StreamId), (u64, EnvId)>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    pins: Vec<StoredPin>,
    marks: Vec<(ConvId, u64)>,
    checkpoints: Vec<(ConvId, StreamId, u64, EnvId)>,
}

#[derive(Serialize, Deserialize)]
struct StoredPin {
    account: Vec<u8>,
    since_ms: u64,
    new_identity: bool,
}

impl State {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let pins = self.pins.values().map(|pin| StoredPin {
            account: pin.account.to_bytes(),
            since_ms: pin.since_ms,
            new_identity: pin.new_identity,
        });
        let stored = Stored {
            pins: pins.collect(),
            marks: self.marks.iter().map(|(conv, seq)| (*conv, *seq)).collect(),
            checkpoints: self
                .checkpoints
                .iter()
                .map(|((conv, stream), (seq, id))| (*conv, *stream, *seq, *id))
                .collect(),
        };
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_allocvec(&stored).unwrap_or_default());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let Some((&VERSION, rest)) = bytes.split_first() else { return None };
        let stored: Stored = postcard::from_bytes(rest).ok()?;
        let mut state = Self::default();
        for pin in stored.pins {
            let account = VerifiedAccount::from_pinned(&pin.account).ok()?;
            let pin = Pin { account, since_ms: pin.since_ms, new_identity: pin.new_identity };
            state.pins.insert(pin.account.account_id(), pin);
        }
        state.marks.extend(stored.marks);
        state.checkpoints.extend(stored.checkpoints.into_iter().map(|(c, s, seq, id)| ((c, s), (seq, id))));
        Some(state)
    }

    /// Takes in another browser's state: the union of pins, where the longer key log wins if it continues the shorter;
    /// of marks and checkpoints the higher. True if the result says more than `other` did and is to be written.
    pub(super) fn merge(&mut self, other: Self) -> bool {
        let before = other.to_bytes();
        for (id, theirs) in other.pins {
            match self.pins.get_mut(&id) {
                None => {
                    self.pins.insert(id, theirs);
                }
                Some(mine) => {
                    mine.since_ms = mine.since_ms.min(theirs.since_ms);
                    mine.new_identity |= theirs.new_identity;
                    if theirs.account.seq() > mine.account.seq() && theirs.account.knows(&mine.account.head()) {
                        mine.account = theirs.account;
                    }
                }
            }
        }
        for (conv, seq) in other.marks {
            let mark = self.marks.entry(conv).or_default();
            *mark = seq.max(*mark);
        }
        for (place, theirs) in other.checkpoints {
            let mine = self.checkpoints.entry(place).or_insert(theirs);
            if theirs.0 > mine.0 {
                *mine = theirs;
            }
        }
        self.to_bytes() != before
    }
}
