//! The other person's identity as their contact sees it: the number to compare, and what becomes of an identity that took
//! another's place without that one's word.

use rand_core::CryptoRng;
use signet_ask::{Details, Event, Question, Trouble, Verified};
use signet_crypto::{VerifiedAccount, code_text, safety_number};
use signet_shared::{AccountId, ConvId, IkHash};

use super::{
    AskId, Machine, Phase,
    hands::Hands,
    pin::{Compared, Offer, Pin},
    session::Session,
};

impl<R: CryptoRng> Machine<R> {
    /// What the person says of an identity.
    pub(super) fn compared(&mut self, ask: AskId, question: Question) {
        let Phase::SignedIn(session) = &mut self.phase else { return self.hands.fail(ask, Trouble::SignedOut) };
        let hands = &mut self.hands;
        let result = match question {
            Question::MarkVerified(q) => session.mark_verified(hands, &q.conv, &q.safety_number, q.verified),
            Question::CheckCode(q) => session.check_code(&q.conv, &q.text),
            Question::DecideIdentity(q) => session.decide_identity(hands, &q.conv, q.identity, q.accept),
            _ => Err(Trouble::NotFound),
        };
        // The answers have one type.
        hands.answer::<signet_ask::MarkVerified>(ask, &result);
    }
}

impl Session {
    /// The other person's identity. Their statements are asked for first: keys that they have renewed since they last wrote
    /// would be no match for what they show.
    pub(super) fn read_details<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, conv: &ConvId) {
        let Some(who) = self.convs.get(conv).map(|conv| conv.peer) else {
            return hands.fail(ask, Trouble::NotFound);
        };
        self.details_asked.push((ask, who));
        let offered = self.state.pins.get(&who).is_some_and(|pin| pin.offer.is_some());
        let at_hand = if offered { self.offered(who).is_some() } else { self.at_hand(who) };
        if at_hand && !self.line.is_up() {
            self.tell_details(hands, who, None);
        } else {
            self.look_up(hands, who);
        }
    }

    /// The person's word that they have compared an identity, or take that back. Only of what was shown: another browser
    /// or the relay may have brought something new since.
    pub(super) fn mark_verified<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: &ConvId,
        shown: &str,
        verified: bool,
    ) -> Result<(), Trouble> {
        let who = self.convs.get(conv).map(|conv| conv.peer).ok_or(Trouble::NotFound)?;
        self.at_hand(who);
        let now = self.to_compare(who).map(|account| (account.ik_hash(), safety_number(&self.account.me, account)));
        let (Some((ik, number)), Some(pin)) = (now, self.state.pins.get_mut(&who)) else {
            return Err(Trouble::NotAsRead);
        };
        if verified && number != shown {
            return Err(Trouble::NotAsRead);
        }
        if !verified && pin.asked_about().is_some() {
            // Whom one has verified once, one does not accept without comparing by taking that back.
            return Err(Trouble::NotAsRead);
        }
        let contested = pin.contested();
        pin.compared =
            Compared { ik: verified.then_some(ik), at_ms: hands.now.max(pin.compared.at_ms.saturating_add(1)) };
        if let Some(pinned) = contested.filter(|_| pin.offer.is_none()) {
            pin.decide(pinned, true, hands.now);
        }
        self.state_changed(hands);
        self.accept_offer(hands, who);
        self.pump(hands);
        hands.event(Event::Conversations(self.conversation(conv).into_iter().collect()));
        Ok(())
    }

    /// The relay names an identity for which the one before did not sign. Until the person has decided, nothing is done
    /// with it. False if the person has refused it.
    pub(super) fn offer<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        chain: VerifiedAccount,
        ik: IkHash,
    ) -> bool {
        let id = ConvId::direct(self.me(), who);
        let (Some(pin), Some(conv)) = (self.state.pins.get_mut(&who), self.convs.get_mut(&id)) else { return false };
        let before = pin.offer;
        pin.offer = Some(Offer { ik, seq: chain.seq() });
        pin.settle_offer();
        if pin.offer.is_none() {
            return false;
        }
        conv.offered = Some(chain);
        if pin.offer != before {
            hands.log("identity-reset");
            self.state_changed(hands);
            hands.event(Event::Conversations(self.conversation(&id).into_iter().collect()));
        }
        true
    }

    /// The person's word about an identity that is offered, without having compared it. Whoever was verified once is
    /// accepted only by comparing again.
    pub(super) fn decide_identity<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: &ConvId,
        identity: IkHash,
        accept: bool,
    ) -> Result<(), Trouble> {
        let who = self.convs.get(conv).map(|conv| conv.peer).ok_or(Trouble::NotFound)?;
        let pin = self.state.pins.get_mut(&who).ok_or(Trouble::NotFound)?;
        if pin.asked_about() != Some(identity) || (accept && pin.compared.ik.is_some()) {
            return Err(Trouble::NotAsRead);
        }
        pin.decide(identity, accept, hands.now);
        pin.settle_offer();
        self.state_changed(hands);
        if accept {
            self.at_hand(who);
            self.accept_offer(hands, who);
        } else if let Some(conv) = self.convs.get_mut(conv) {
            conv.offered = None;
        }
        self.pump(hands);
        hands.event(Event::Conversations(self.conversation(conv).into_iter().collect()));
        Ok(())
    }

    /// What is offered is believed from now on; where it is not at hand, it is asked for.
    fn accept_offer<R: CryptoRng>(&mut self, hands: &mut Hands<R>, who: AccountId) {
        let Some(pin) = self.state.pins.get_mut(&who) else { return };
        let Some(offer) = pin.offer else { return };
        pin.decide(offer.ik, true, hands.now);
        match self.offered(who).cloned() {
            Some(chain) => {
                self.take_chain(hands, who, chain);
                self.try_held(hands, Some(who));
                self.pump(hands);
            }
            None => self.look_up(hands, who),
        }
    }

    /// Their statements up to the identity that is offered, if they are here.
    fn offered(&self, who: AccountId) -> Option<&VerifiedAccount> {
        let offer = self.state.pins.get(&who)?.offer?;
        let conv = self.convs.get(&ConvId::direct(self.me(), who))?;
        conv.offered.as_ref().filter(|chain| chain.reset_above(0) == Some(offer.ik))
    }

    /// Whose identity is to be compared: the one that is offered, if there is one.
    pub(super) fn to_compare(&self, who: AccountId) -> Option<&VerifiedAccount> {
        match self.state.pins.get(&who)?.offer {
            Some(_) => self.offered(who),
            None => self.chain(who),
        }
    }

    pub(super) fn tell_details<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        trouble: Option<Trouble>,
    ) {
        if self.details_asked.is_empty() {
            return;
        }
        let details = self.to_compare(who).map(|account| Details {
            username: account.username().shown().to_owned(),
            account: who,
            safety_number: safety_number(&self.account.me, account),
            code: code_text(&self.account.me, account),
            statements: account.seq(),
            verified: self.state.pins.get(&who).map_or(Verified::No, Pin::verified),
        });
        let answer = details.ok_or(trouble.unwrap_or(Trouble::BadStatement));
        self.details_asked.retain(|(ask, asked)| {
            if *asked == who {
                hands.answer::<signet_ask::ReadDetails>(*ask, &answer);
            }
            *asked != who
        });
    }
}
