//! What the sealed state says of one contact: where their key log stood, what is doubted, and what the person said of it.

use core::cmp::Ordering;

use serde::{Deserialize, Serialize};
use signet_ask::Verified;
use signet_crypto::VerifiedAccount;
use signet_shared::{IkHash, StatementHash, Username};

use super::streams::Place;
use crate::sorted::insert;

/// So many ranges are kept of what was passed over.
pub(super) const PASSED: usize = 3;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pin {
    /// As its owner typed it; in all of an account's statements it is the same but for capitals.
    pub(super) name: Username,
    /// The newest statement seen, and its place in the key log. Whatever is fetched must lead to it.
    pub(super) head: StatementHash,
    pub(super) seq: u64,
    pub(super) ik: IkHash,
    /// The identity of the last statement of the pinned key log for which the one before did not sign.
    pub(super) reset: Option<IkHash>,
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
    /// Places of the key log, first and last, under identities that were replaced before the person was asked about them:
    /// nobody has ever believed that they are theirs.
    pub(super) passed: Vec<(u64, u64)>,
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
    /// Whether they have used keys for this account that it did not make: raised by one with each word on it, odd for yes.
    pub(super) split: u8,
}

impl Doubts {
    pub(super) fn is_split(&self) -> bool {
        self.split % 2 == 1
    }

    /// True if that is news. The last word that there is a number for is a doubt.
    pub(super) fn say_split(&mut self, split: bool) -> bool {
        let news = split != self.is_split() && self.split < u8::MAX;
        self.split = self.split.saturating_add(u8::from(news));
        news
    }
}

impl Pin {
    pub(super) fn new(account: &VerifiedAccount, since_ms: u64) -> Self {
        Self {
            name: account.username().clone(),
            head: account.head(),
            seq: account.seq(),
            ik: account.ik_hash(),
            reset: account.reset_above(0),
            since_ms,
            doubts: Doubts::default(),
            mark: 0,
            compared: Compared::default(),
            offer: None,
            decision: None,
            passed: account.passed_over(0).into_iter().collect(),
            checkpoints: Vec::new(),
        }
    }

    /// Nothing is sent to someone whose keys are in doubt.
    pub(super) fn blocked(&self) -> bool {
        self.doubts.forked || self.doubts.namesake || self.asked_about().is_some()
    }

    /// The identity about which the person is to decide before anything is sent.
    pub(super) fn asked_about(&self) -> Option<IkHash> {
        self.offer.map(|offer| offer.ik).or(self.contested())
    }

    /// An identity that is pinned, though not by the person's last word: one browser accepted it, while another, which had
    /// not heard of that, verified somebody else or stayed with the known one.
    pub(super) fn contested(&self) -> Option<IkHash> {
        let reset = self.reset?;
        let refused = self.decision.is_some_and(|decision| !decision.accept && decision.ik == reset);
        (refused || self.compared_another(reset, self.ik)).then_some(reset)
    }

    /// Beyond what is kept, those that lie next to each other become one, with what is between them.
    pub(super) fn pass_over(&mut self, more: impl IntoIterator<Item = (u64, u64)>) {
        for range in more {
            insert(&mut self.passed, range);
        }
        while self.passed.len() > PASSED {
            let (_, last) = self.passed.remove(1);
            if let Some(first) = self.passed.first_mut() {
                first.1 = first.1.max(last);
            }
        }
    }

    /// Whether a statement at this place of the key log is one that nobody has ever believed.
    pub(super) fn has_passed_over(&self, place: u64) -> bool {
        self.passed.iter().any(|(first, last)| (*first..=*last).contains(&place))
    }

    /// Whether it takes up more than a pin usually does.
    pub(super) fn has_begun_anew(&self) -> bool {
        self.reset.is_some() || self.offer.is_some() || self.decision.is_some()
    }

    /// Whether somebody else was verified than an identity that nobody signed for, and the one that a key log with it ends in.
    fn compared_another(&self, reset: IkHash, ik: IkHash) -> bool {
        self.compared.ik.is_some_and(|compared| compared != reset && compared != ik)
    }

    pub(super) fn verified(&self) -> Verified {
        let Compared { ik, at_ms } = self.compared;
        match ik {
            None => Verified::No,
            Some(ik) if ik == self.ik && self.asked_about().is_none() => Verified::Yes { at_ms },
            Some(_) => Verified::Before { at_ms },
        }
    }

    /// An offer that has been taken, or refused, or that their key log has passed by, is none any more.
    pub(super) fn settle_offer(&mut self) {
        let refused = self.decision.filter(|decision| !decision.accept).map(|decision| decision.ik);
        let (seq, ik) = (self.seq, self.ik);
        self.offer = self.offer.filter(|offer| offer.seq > seq && offer.ik != ik && refused != Some(offer.ik));
    }

    /// Whether the person's word is enough for a key log that ends in `ik`, and whose last reset is `reset`. Whoever was
    /// verified is accepted only by comparing again, in whichever browser that was said.
    pub(super) fn has_accepted(&self, reset: IkHash, ik: IkHash) -> bool {
        let accepted = self.decision.is_some_and(|decision| decision.accept && decision.ik == reset);
        accepted && !self.compared_another(reset, ik)
    }

    /// The person's word of now, which is later than any before it.
    pub(super) fn decide(&mut self, ik: IkHash, accept: bool, now: u64) {
        let at_ms = now.max(self.decision.map_or(0, |decision| decision.at_ms.saturating_add(1)));
        self.decision = Some(Decision { ik, accept, at_ms });
    }

    /// Takes in another browser's.
    pub(super) fn take_in(&mut self, theirs: Self) {
        self.since_ms = self.since_ms.min(theirs.since_ms);
        self.mark = self.mark.max(theirs.mark);
        self.compared.take_in(theirs.compared);
        self.doubts.new_identity |= theirs.doubts.new_identity;
        self.doubts.forked |= theirs.doubts.forked;
        self.doubts.namesake |= theirs.doubts.namesake;
        self.doubts.split = self.doubts.split.max(theirs.doubts.split);
        if theirs.seq > self.seq {
            // Another browser of this account has verified it. That it continues what was pinned here shows when the
            // statements kept here are extended to it.
            (self.head, self.seq, self.ik, self.reset) = (theirs.head, theirs.seq, theirs.ik, theirs.reset);
        } else if theirs.seq == self.seq && theirs.head != self.head {
            self.doubts.forked = true;
        } else if theirs.seq == self.seq {
            self.reset = self.reset.or(theirs.reset);
        }
        if self.decision.is_none_or(|mine| theirs.decision.is_some_and(|theirs| theirs.at_ms > mine.at_ms)) {
            self.decision = theirs.decision;
        }
        self.pass_over(theirs.passed);
        self.offer = self.offer.or(theirs.offer);
        self.settle_offer();
        self.doubts.new_identity |= self.contested().is_some();
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
