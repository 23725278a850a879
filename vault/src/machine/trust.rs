//! Whom this account has met: statements are verified from the first, pinned, and from then on only extended.
//!
//! What is pinned is where a key log stood; the statements themselves lie in this browser's own table, and are fetched
//! again where they are missing. Without them a contact's messages are neither verified nor sealed.

use rand_core::CryptoRng;
use signet_ask::{Event, FailedBecause, Trouble};
use signet_crypto::{StatementError, VerifiedAccount};
use signet_shared::{
    AccountId, ConvId, Username,
    api::{self, Lookup, Statements, Who},
};

use super::{
    AskId, Effect, HttpAnswer, NoAnswer, Table, Timer,
    account::parse_chain,
    hands::{Call, Hands, back_off, parsed},
    pin::Pin,
    session::Session,
};

/// A look-up that got no answer is tried again after this, then after twice as long, and so on.
const LOOKUP_AGAIN_MS: u64 = 2_000;
const LOOKUP_PAUSE_MS: u64 = 300_000;

impl Session {
    pub(super) fn start_conversation<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, username: &str) {
        let Ok(name) = username.trim().parse::<Username>() else {
            return hands.fail(ask, Trouble::BadUsername);
        };
        if name == *self.account.me.username() {
            return hands.fail(ask, Trouble::Yourself);
        }
        match self.conv_with(&name) {
            Ok(Some(conv)) => hands.answer::<signet_ask::StartConversation>(ask, &Ok(conv)),
            Ok(None) => {
                let lookup = Lookup { who: Who::Name(name.clone()), after: 0 };
                hands.post(api::LOOKUP, &lookup, Call::Start { ask, name });
            }
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    /// Never one of two: whom a name means is not for this side to guess.
    fn conv_with(&self, name: &Username) -> Result<Option<ConvId>, Trouble> {
        let mut found = self.state.pins.iter().filter(|(_, pin)| pin.name == *name).map(|(id, _)| *id);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Trouble::Namesake),
            (one, _) => Ok(one.map(|id| ConvId::direct(self.me(), id))),
        }
    }

    pub(super) fn started<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        name: &Username,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let verified = parsed::<Statements>(result).and_then(|found| verify(&found.statements)).and_then(|account| {
            if account.username() == name && account.account_id() != self.me() {
                Ok(account)
            } else {
                Err(Trouble::BadStatement)
            }
        });
        match verified.and_then(|account| self.pin(hands, account)) {
            Ok(peer) => {
                let conv = ConvId::direct(self.me(), peer);
                hands.answer::<signet_ask::StartConversation>(ask, &Ok(conv));
                // What they wrote before may lie here.
                self.try_held(hands, Some(peer));
                Ok(())
            }
            Err(trouble) => {
                let ended = trouble == Trouble::SessionEnded;
                hands.fail(ask, trouble);
                if ended { Err(Trouble::SessionEnded) } else { Ok(()) }
            }
        }
    }

    /// Pins a verified account at the person's wish, or because it wrote something authentic.
    fn pin<R: CryptoRng>(&mut self, hands: &mut Hands<R>, account: VerifiedAccount) -> Result<AccountId, Trouble> {
        let id = account.account_id();
        if self.state.pins.contains_key(&id) {
            return Ok(id);
        }
        let me = self.me();
        if account.username() == self.account.me.username() {
            return Err(Trouble::Namesake);
        }
        // The relay alone sees to it that a name is one account's. Where it gives a second one under a name that is
        // pinned, one of the two is not the person: nothing goes to either.
        if let Some(pin) = self.state.namesake(id, account.username()) {
            let news = !core::mem::replace(&mut pin.doubts.namesake, true);
            hands.log("namesake");
            if news {
                self.state_changed(hands);
                hands.event(Event::Conversations(self.conversations()));
            }
            return Err(Trouble::Namesake);
        }
        if !self.state.has_room() {
            return Err(Trouble::Full);
        }
        let conv = ConvId::direct(me, id);
        self.state.pins.insert(id, Pin::new(&account, hands.now));
        self.sync_convs();
        // The pin first: should the tab die in between, statements without their pin would be taken for nothing new.
        self.state_changed(hands);
        self.keep_chain(hands, account);
        hands.event(Event::Conversations(self.conversation(&conv).into_iter().collect()));
        Ok(id)
    }

    fn keep_chain<R: CryptoRng>(&mut self, hands: &mut Hands<R>, account: VerifiedAccount) {
        let id = account.account_id();
        let change = self.row_change(hands, Table::Contacts, id.as_bytes().to_vec(), &account.to_bytes());
        hands.store(vec![change]);
        if let Some(conv) = self.convs.get_mut(&ConvId::direct(self.account.id(), id)) {
            conv.chain = Some(account);
        }
    }

    /// Whether a contact's statements are here, verified, and end in what is pinned.
    pub(super) fn at_hand(&mut self, who: AccountId) -> bool {
        let conv = self.convs.get_mut(&ConvId::direct(self.account.id(), who));
        let (Some(pin), Some(conv)) = (self.state.pins.get(&who), conv) else { return false };
        if !conv.kept_chain.is_empty() {
            let kept = core::mem::take(&mut conv.kept_chain);
            conv.chain = VerifiedAccount::from_own_pin(&kept).ok().filter(|account| account.account_id() == who);
        }
        conv.chain.as_ref().is_some_and(|chain| chain.head() == pin.head)
    }

    /// A contact's verified statements, if they are [`Self::at_hand`].
    pub(super) fn chain(&self, who: AccountId) -> Option<&VerifiedAccount> {
        let pin = self.state.pins.get(&who)?;
        let conv = self.convs.get(&ConvId::direct(self.me(), who))?;
        conv.chain.as_ref().filter(|chain| chain.head() == pin.head)
    }

    /// Asks for the statements of an account, above those that are here.
    pub(super) fn look_up<R: CryptoRng>(&mut self, hands: &mut Hands<R>, who: AccountId) {
        if !self.asked.contains(&who) {
            self.asked.push(who);
            let conv = self.convs.get(&ConvId::direct(self.me(), who));
            let after = conv.and_then(|conv| conv.chain.as_ref()).map_or(0, VerifiedAccount::seq);
            hands.post(api::LOOKUP, &Lookup { who: Who::Id(who), after }, Call::Lookup(who));
        }
    }

    pub(super) fn looked_up<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let pinned = self.state.pins.contains_key(&who);
        let outcome = match parsed::<Statements>(result) {
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(trouble) => Err(trouble),
            Ok(found) if pinned => self.extend(hands, who, &found.statements),
            Ok(found) => self.meet(hands, who, &found.statements),
        };
        self.asked.retain(|asked| *asked != who);
        match outcome {
            Ok(()) => {
                self.lookup_tries = 0;
                self.lookups_rest_until_ms = 0;
                self.try_held(hands, Some(who));
                self.held_answered(hands);
                self.pump(hands);
            }
            Err(Trouble::Unreachable | Trouble::RelayStore | Trouble::TooMany { .. }) => {
                self.look_up_later(hands, &outcome);
                self.tell_details(hands, who, outcome.err());
                return Ok(());
            }
            // The same question would get the same answer: only what comes new asks again.
            Err(ref trouble) => {
                hands.log(if *trouble == Trouble::NoSuchUser { "sender-unknown" } else { "look-up" });
                for waiting in self.held.values_mut().filter(|waiting| waiting.sender == who) {
                    waiting.tried = true;
                }
                match trouble {
                    Trouble::KeyLogForked | Trouble::IdentityReset => {
                        self.fail_unsealed(hands, who, FailedBecause::Blocked)
                    }
                    Trouble::NoSuchUser if pinned && !self.at_hand(who) => {
                        self.fail_unsealed(hands, who, FailedBecause::NoSuchAccount);
                    }
                    _ => {}
                }
            }
        }
        self.tell_details(hands, who, outcome.err());
        self.fetch_left_behind(hands);
        Ok(())
    }

    pub(super) fn look_up_later<R: CryptoRng>(&mut self, hands: &mut Hands<R>, outcome: &Result<(), Trouble>) {
        let pause = back_off(LOOKUP_AGAIN_MS, self.lookup_tries, LOOKUP_PAUSE_MS);
        self.lookup_tries = self.lookup_tries.saturating_add(1);
        let asked = match outcome {
            Err(Trouble::TooMany { after_s }) => u64::from(*after_s).saturating_mul(1000).min(LOOKUP_PAUSE_MS),
            _ => 0,
        };
        let after_ms = pause.max(asked);
        self.lookups_rest_until_ms = hands.now.saturating_add(after_ms);
        self.unreached = matches!(outcome, Err(Trouble::Unreachable));
        hands.push(Effect::Timer { timer: Timer::Lookup, after_ms });
    }

    /// Whatever waits for statements asks for them again.
    pub(super) fn lookup_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.try_held(hands, None);
        self.pump(hands);
        let offered = |pin: &Pin| pin.offer.is_some_and(|offer| pin.has_accepted(offer.ik, offer.ik));
        let accepted: Vec<AccountId> =
            self.state.pins.iter().filter(|(_, pin)| offered(pin)).map(|(who, _)| *who).collect();
        for who in accepted.into_iter().chain(self.details_asked.clone().into_iter().map(|(_, who)| who)) {
            self.look_up(hands, who);
        }
    }

    /// Someone new has written. What the relay gives as theirs is pinned only if something of theirs verifies by it.
    fn meet<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        statements: &[Vec<u8>],
    ) -> Result<(), Trouble> {
        let account = verify(statements)?;
        if account.account_id() != who || !self.is_authentic(&account) {
            return Err(Trouble::BadStatement);
        }
        self.pin(hands, account).map(drop)
    }

    /// Takes in what continues the pinned key log. An error if nothing new came of it.
    fn extend<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        statements: &[Vec<u8>],
    ) -> Result<(), Trouble> {
        self.at_hand(who);
        let id = ConvId::direct(self.account.id(), who);
        let (Some(pin), Some(conv)) = (self.state.pins.get_mut(&who), self.convs.get(&id)) else {
            return Err(Trouble::NotFound);
        };
        let found = parse_chain(statements)?;
        let longer = match conv.chain.clone() {
            Some(mut chain) => chain.extend_through_resets(&found).map(|()| chain),
            None => VerifiedAccount::verify_through_resets(&found),
        };
        let forked = match &longer {
            Ok(chain) => chain.seq() >= pin.seq && !chain.knows(&pin.head),
            Err(StatementError::Fork | StatementError::SuiteLowered) => true,
            Err(_) => false,
        };
        if forked {
            hands.log("key-log-forked");
            if !core::mem::replace(&mut pin.doubts.forked, true) {
                self.state_changed(hands);
            }
            hands.event(Event::Conversations(self.conversation(&id).into_iter().collect()));
            return Err(Trouble::KeyLogForked);
        }
        let chain = longer.map_err(|_| Trouble::BadStatement)?;
        let before = conv.chain.as_ref().map(VerifiedAccount::head);
        // Shorter than what another browser of this account has seen: no use, and no proof of anything.
        let grown = chain.head() != pin.head;
        if chain.account_id() != who || chain.seq() < pin.seq || (before == Some(chain.head()) && !grown) {
            return Err(Trouble::BadStatement);
        }
        if let Some(ik) = chain.reset_above(pin.seq)
            && !pin.has_accepted(ik, chain.ik_hash())
        {
            // What came before it is theirs in any case.
            let known = chain.before_reset(pin.seq).filter(|known| before != Some(known.head()));
            let has_news = known.is_some();
            if let Some(known) = known {
                self.take_chain(hands, who, known);
            }
            return if self.offer(hands, who, chain, ik) {
                Err(Trouble::IdentityReset)
            } else if has_news {
                Ok(())
            } else {
                Err(Trouble::BadStatement)
            };
        }
        self.take_chain(hands, who, chain);
        Ok(())
    }

    /// Their key log as it is believed from now on.
    pub(super) fn take_chain<R: CryptoRng>(&mut self, hands: &mut Hands<R>, who: AccountId, chain: VerifiedAccount) {
        let id = ConvId::direct(self.me(), who);
        let Some(pin) = self.state.pins.get_mut(&who) else { return };
        let (reset, grown) = (chain.reset_above(0), chain.head() != pin.head || chain.reset_above(0) != pin.reset);
        // What the person has accepted is no news.
        pin.doubts.new_identity |= chain.ik_hash() != pin.ik && chain.reset_above(pin.seq).is_none();
        pin.pass_over(chain.passed_over(pin.seq));
        (pin.head, pin.seq, pin.ik, pin.reset) = (chain.head(), chain.seq(), chain.ik_hash(), reset);
        pin.settle_offer();
        if let Some(conv) = self.convs.get_mut(&id) {
            conv.offered = None;
        }
        // As in `pin`: a pin without its statements has them fetched.
        if grown {
            self.state_changed(hands);
        }
        self.keep_chain(hands, chain);
        hands.event(Event::Conversations(self.conversation(&id).into_iter().collect()));
    }
}

fn verify(statements: &[Vec<u8>]) -> Result<VerifiedAccount, Trouble> {
    if statements.is_empty() {
        return Err(Trouble::NoSuchUser);
    }
    VerifiedAccount::verify_through_resets(&parse_chain(statements)?).map_err(|_| Trouble::BadStatement)
}
