//! The sealed state that all browsers of an account share: whom it has met (pins), how far it has read, and where the
//! streams stood (checkpoints, so that history cannot be cut unnoticed).
//!
//! A pin is what must not change, not the statements themselves: those are public, long, kept by each browser for itself
//! and fetched again where they are missing. So the state of a thousand contacts fits into what the relay stores.

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};
use signet_ask::RecoveryStatus;
use signet_shared::{AccountId, IkHash, Username};

use super::pin::Pin;
use crate::sorted::{Map, insert};

const VERSION: u8 = 7;
/// Checkpoints kept per conversation, fewer where there is no room.
pub(super) const CHECKPOINTS: usize = 4;
/// With what hides the length, the seal and its own, this stays within `limits::STATE`.
const MOST_BYTES: usize = 188_000;
/// The most that a pin takes up, checkpoints aside.
const PIN_BYTES: usize = 181;
/// That of a contact whose identity was replaced without its word, or is to be.
const RESET_PIN_BYTES: usize = 307;

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) pins: Map<AccountId, Pin>,
    pub(super) recovery: RecoveryStatus,
    /// Identities of before a reset of this account's own, which a backup has shown to have been this person's.
    pub(super) mine: Vec<IkHash>,
    pub(super) receipts: Receipts,
}

/// Whether others hear what has been read, and since when that is so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receipts {
    pub(super) off: bool,
    pub(super) at_ms: u64,
}

impl Receipts {
    /// The later word; of two at one moment, the one that tells less.
    fn take_in(&mut self, theirs: Self) {
        if (theirs.at_ms, theirs.off) > (self.at_ms, self.off) {
            *self = theirs;
        }
    }
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
        bytes.extend(postcard::to_allocvec(&(&self.recovery, &pins, &self.mine, &self.receipts)).unwrap_or_default());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let Some((&VERSION, rest)) = bytes.split_first() else { return None };
        let (recovery, pins, mine, receipts) = postcard::from_bytes(rest).ok()?;
        Some(Self { pins, recovery, mine, receipts })
    }

    pub(super) fn own(&mut self, more: Vec<IkHash>) {
        for ik in more {
            insert(&mut self.mine, ik);
        }
    }

    /// Whether one more contact can be kept.
    pub(super) fn has_room(&self) -> bool {
        let most = |pin: &Pin| if pin.has_begun_anew() { RESET_PIN_BYTES } else { PIN_BYTES };
        let kept: usize = self.pins.values().map(most).sum();
        kept.saturating_add(RESET_PIN_BYTES) <= MOST_BYTES
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
        self.own(other.mine);
        self.receipts.take_in(other.receipts);
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
                (theirs.head, theirs.ik, theirs.reset) = (mine.head, mine.ik, mine.reset);
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a broken test fails")]
mod tests {
    use signet_shared::StatementHash;

    use super::{
        super::pin::{self, Compared, Decision, Doubts, Offer},
        *,
    };

    /// Every number as great as it can come to be: milliseconds for 4000 years, the mailbox's last place, and the longest
    /// key log that can be kept.
    fn greatest(begun_anew: bool) -> Pin {
        let (ik, at_ms, seq) = (IkHash([255; 32]), 1 << 47, u64::from(u16::MAX));
        Pin {
            name: "x".repeat(Username::MAX).parse().unwrap(),
            head: StatementHash([255; 32]),
            seq,
            ik,
            reset: begun_anew.then_some(ik),
            since_ms: at_ms,
            doubts: Doubts { new_identity: true, forked: true, namesake: true, split: u8::MAX },
            mark: 1 << 40,
            compared: Compared { ik: Some(ik), at_ms },
            offer: begun_anew.then_some(Offer { ik, seq }),
            decision: begun_anew.then_some(Decision { ik, accept: true, at_ms }),
            passed: if begun_anew { vec![(seq, seq); pin::PASSED] } else { Vec::new() },
            checkpoints: Vec::new(),
        }
    }

    #[test]
    fn a_pin_takes_up_no_more_than_is_reckoned_for_it() {
        let empty = State::default().encode(0).len();
        for (begun_anew, most) in [(false, PIN_BYTES), (true, RESET_PIN_BYTES)] {
            let mut state = State::default();
            state.pins.insert(AccountId([255; 16]), greatest(begun_anew));
            let bytes = state.encode(0).len() - empty;
            assert!(bytes <= most, "{bytes}");
            assert_eq!(state.pins.values().next().unwrap().has_begun_anew(), begun_anew);
            // And so do as many as there is room for.
            let mut state = State::default();
            for n in 0_u64.. {
                if !state.has_room() {
                    break;
                }
                let id = core::array::from_fn(|at| n.to_be_bytes()[at % 8]);
                state.pins.insert(AccountId(id), greatest(begun_anew));
            }
            assert!(state.encode(0).len() <= MOST_BYTES);
            assert!(state.pins.len() > if begun_anew { 600 } else { 1000 }, "{}", state.pins.len());
        }
    }
}
