//! The sealed state that all browsers of an account share: whom it has met (pins), how far it has read, and where the
//! streams stood (checkpoints, so that history cannot be cut unnoticed).
//!
//! A pin is what must not change, not the statements themselves: those are public, long, kept by each browser for itself
//! and fetched again where they are missing. So the state of a thousand contacts fits into what the relay stores.

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};
use signet_ask::{RecoveryStatus, Verified};
use signet_crypto::VerifiedAccount;
use signet_shared::{AccountId, IkHash, StatementHash, Username};

use super::streams::Place;
use crate::sorted::Map;

const VERSION: u8 = 4;
/// Checkpoints kept per conversation, fewer where there is no room.
pub(super) const CHECKPOINTS: usize = 4;
/// With what hides the length, the seal and its own, this stays within `limits::STATE`.
const MOST_BYTES: usize = 188_000;
/// A pin with the longest of names, as it is stored.
const PIN_BYTES: usize = 180;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pin {
    /// As its owner typed it; in all of an account's statements it is the same but for capitals.
    pub(super) name: Username,
    /// The newest statement seen, and its place in the key log. Whatever is fetched must lead to it.
    pub(super) head: StatementHash,
    pub(super) seq: u64,
    pub(super) ik: IkHash,
    /// When the conversation began here, milliseconds since 1970.
    pub(super) since_ms: u64,
    pub(super) doubts: Doubts,
    /// Everything at or below this place of the mailbox has been seen.
    pub(super) mark: u64,
    pub(super) compared: Compared,
    /// An identity that the relay names as theirs, for which the one before did not sign. Nothing is opened or sealed under
    /// it before the person has accepted it, and nothing is sent until the person has decided.
    pub(super) offer: Option<Offer>,
    pub(super) decision: Option<Decision>,
    /// Those that matter most come first.
    pub(super) checkpoints: Vec<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Offer {
    /// Of the last statement that was a reset.
    pub(super) ik: IkHash,
    /// How long the key log was with it.
    pub(super) seq: u64,
}

/// What the person said last of such an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Decision {
    pub(super) ik: IkHash,
    pub(super) accept: bool,
    /// Milliseconds since 1970. The later word counts.
    pub(super) at_ms: u64,
}

/// What the person said last about having compared a contact's identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Compared {
    /// The identity key that was compared; none where that was taken back.
    pub(super) ik: Option<IkHash>,
    /// When it was said, milliseconds since 1970. The later word counts.
    pub(super) at_ms: u64,
}

/// What has been found out about a contact, once and for all browsers.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Doubts {
    /// Their identity key has changed since they were first pinned.
    pub(super) new_identity: bool,
    /// Their key log does not continue what was pinned.
    pub(super) forked: bool,
    /// Another account with the same name has been met: which of the two is the person, the relay must not decide.
    pub(super) namesake: bool,
    /// They have used keys for this account that it did not make.
    pub(super) split: bool,
}

impl Pin {
    pub(super) fn new(account: &VerifiedAccount, since_ms: u64) -> Self {
        Self {
            name: account.username().clone(),
            head: account.head(),
            seq: account.seq(),
            ik: account.ik_hash(),
            since_ms,
            doubts: Doubts::default(),
            mark: 0,
            compared: Compared::default(),
            offer: None,
            decision: None,
            checkpoints: Vec::new(),
        }
    }

    /// Nothing is sent to someone whose keys are in doubt.
    pub(super) fn blocked(&self) -> bool {
        self.doubts.forked || self.doubts.namesake || self.offer.is_some()
    }

    pub(super) fn verified(&self) -> Verified {
        let Compared { ik, at_ms } = self.compared;
        match ik {
            None => Verified::No,
            Some(ik) if ik == self.ik && self.offer.is_none() => Verified::Yes { at_ms },
            Some(_) => Verified::Before { at_ms },
        }
    }

    /// An offer that has been taken, or refused, or that their key log has passed by, is none any more.
    pub(super) fn settle_offer(&mut self) {
        let refused = self.decision.filter(|decision| !decision.accept).map(|decision| decision.ik);
        let (seq, ik) = (self.seq, self.ik);
        self.offer = self.offer.filter(|offer| offer.seq > seq && offer.ik != ik && refused != Some(offer.ik));
    }

    pub(super) fn has_accepted(&self, ik: IkHash) -> bool {
        self.decision.is_some_and(|decision| decision.accept && decision.ik == ik)
    }

    fn take_in(&mut self, theirs: Self) {
        self.since_ms = self.since_ms.min(theirs.since_ms);
        self.mark = self.mark.max(theirs.mark);
        self.compared.take_in(theirs.compared);
        self.doubts.new_identity |= theirs.doubts.new_identity;
        self.doubts.forked |= theirs.doubts.forked;
        self.doubts.namesake |= theirs.doubts.namesake;
        self.doubts.split |= theirs.doubts.split;
        if theirs.seq > self.seq {
            // Another browser of this account has verified it. That it continues what was pinned here shows when the
            // statements kept here are extended to it.
            (self.head, self.seq, self.ik) = (theirs.head, theirs.seq, theirs.ik);
        } else if theirs.seq == self.seq && theirs.head != self.head {
            self.doubts.forked = true;
        }
        if self.decision.is_none_or(|mine| theirs.decision.is_some_and(|theirs| theirs.at_ms > mine.at_ms)) {
            self.decision = theirs.decision;
        }
        self.offer = self.offer.or(theirs.offer);
        self.settle_offer();
        for theirs in theirs.checkpoints {
            match self.checkpoints.iter_mut().find(|mine| mine.stream == theirs.stream) {
                Some(mine) if theirs.seq > mine.seq => *mine = theirs,
                Some(_) => {}
                None => self.checkpoints.push(theirs),
            }
        }
    }
}

impl Compared {
    /// Of two words at one moment, the doubting one.
    fn take_in(&mut self, theirs: Self) {
        match theirs.at_ms.cmp(&self.at_ms) {
            Ordering::Greater => *self = theirs,
            Ordering::Equal if theirs.ik != self.ik => self.ik = None,
            _ => {}
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) pins: Map<AccountId, Pin>,
    pub(super) recovery: RecoveryStatus,
}

impl State {
    /// As many checkpoints as there is room for.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut most = CHECKPOINTS;
        loop {
            let bytes = self.encode(most);
            if bytes.len() <= MOST_BYTES || most == 0 {
                return bytes;
            }
            most -= 1;
        }
    }

    fn encode(&self, checkpoints: usize) -> Vec<u8> {
        let mut pins = self.pins.clone();
        for pin in pins.values_mut() {
            pin.checkpoints.truncate(checkpoints);
        }
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_allocvec(&(&self.recovery, &pins)).unwrap_or_default());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let Some((&VERSION, rest)) = bytes.split_first() else { return None };
        let (recovery, pins) = postcard::from_bytes(rest).ok()?;
        Some(Self { pins, recovery })
    }

    /// Whether one more contact can be kept.
    pub(super) fn has_room(&self) -> bool {
        self.pins.len().saturating_add(1).saturating_mul(PIN_BYTES) <= MOST_BYTES
    }

    /// Another account of the same name, if there is one.
    pub(super) fn namesake(&mut self, of: AccountId, name: &Username) -> Option<&mut Pin> {
        self.pins.iter_mut().find(|(id, pin)| **id != of && pin.name == *name).map(|(_, pin)| pin)
    }

    /// Takes in another browser's state: the union of pins; of key logs, marks and checkpoints the farther. True if the
    /// result says more than `other` did and is to be written. Checkpoints alone are no reason to write, nor is another
    /// of two heads of a key log that both know to be forked: two browsers that choose differently would never come to
    /// rest.
    pub(super) fn merge(&mut self, other: Self) -> bool {
        let mut theirs = other.clone();
        self.recovery = newer(self.recovery, other.recovery);
        for (id, mut theirs) in other.pins {
            match self.pins.get_mut(&id) {
                Some(mine) => mine.take_in(theirs),
                None => {
                    // Each browser has met one of two: neither is chosen, both are doubted.
                    let name = theirs.name.clone();
                    if let Some(mine) = self.namesake(id, &name) {
                        mine.doubts.namesake = true;
                        theirs.doubts.namesake = true;
                    }
                    self.pins.insert(id, theirs);
                }
            }
        }
        for (id, theirs) in theirs.pins.iter_mut() {
            if let Some(mine) = self.pins.get(id)
                && (theirs.doubts.forked, theirs.seq) == (mine.doubts.forked, mine.seq)
                && mine.doubts.forked
            {
                (theirs.head, theirs.ik) = (mine.head, mine.ik);
            }
        }
        self.encode(0) != theirs.encode(0)
    }
}

/// What is known of the recovery key that was made last.
fn newer(mine: RecoveryStatus, theirs: RecoveryStatus) -> RecoveryStatus {
    match mine.made_ms.cmp(&theirs.made_ms) {
        Ordering::Greater => mine,
        Ordering::Less => theirs,
        Ordering::Equal => RecoveryStatus {
            made_ms: mine.made_ms,
            saved_ms: mine.saved_ms.max(theirs.saved_ms),
            tested_ms: mine.tested_ms.max(theirs.tested_ms),
        },
    }
}
