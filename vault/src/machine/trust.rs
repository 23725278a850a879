//! Whom this account has met: statements are verified from the first, pinned, and from then on only extended.

use rand_core::CryptoRng;
use signet_ask::{Details, Event, Trouble};
use signet_crypto::{VerifiedAccount, safety_number};
use signet_shared::{
    AccountId, ConvId, Username,
    api::{self, Lookup, Statements, Who},
};

use super::{
    AskId, HttpAnswer, NoAnswer,
    account::parse_chain,
    hands::{Call, Hands, parsed},
    session::Session,
    state::Pin,
};

impl Session {
    pub(super) fn start_conversation<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, username: &str) {
        let Ok(name) = username.trim().parse::<Username>() else {
            return hands.fail(ask, Trouble::BadUsername);
        };
        if name == *self.account.me.username() {
            return hands.fail(ask, Trouble::Yourself);
        }
        if let Some(conv) = self.conv_with(&name) {
            return hands.answer::<signet_ask::StartConversation>(ask, &Ok(conv));
        }
        let lookup = Lookup { who: Who::Name(name.clone()), after: 0 };
        hands.post(api::LOOKUP, &lookup, Call::Start { ask, name });
    }

    fn conv_with(&self, name: &Username) -> Option<ConvId> {
        let found = self.state.pins.values().find(|pin| pin.account.username() == name);
        found.map(|pin| ConvId::direct(self.me(), pin.account.account_id()))
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
        match verified {
            Ok(account) => {
                let conv = self.pin(hands, account);
                hands.answer::<signet_ask::StartConversation>(ask, &Ok(conv));
                Ok(())
            }
            Err(trouble) => {
                let ended = trouble == Trouble::SessionEnded;
                hands.fail(ask, trouble);
                if ended { Err(Trouble::SessionEnded) } else { Ok(()) }
            }
        }
    }

    fn pin<R: CryptoRng>(&mut self, hands: &mut Hands<R>, account: VerifiedAccount) -> ConvId {
        let id = account.account_id();
        let conv = ConvId::direct(self.me(), id);
        let since_ms = hands.now;
        self.state.pins.entry(id).or_insert(Pin { account, since_ms, new_identity: false });
        self.sync_convs();
        self.state_changed(hands);
        hands.event(Event::Conversations(self.conversation(&conv).into_iter().collect()));
        conv
    }

    /// Asks for the statements of an account, above those that are pinned.
    pub(super) fn look_up<R: CryptoRng>(&mut self, hands: &mut Hands<R>, who: AccountId) {
        if self.asked.insert(who) {
            let after = self.state.pins.get(&who).map_or(0, |pin| pin.account.seq());
            hands.post(api::LOOKUP, &Lookup { who: Who::Id(who), after }, Call::Lookup(who));
        }
    }

    pub(super) fn looked_up<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        who: AccountId,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let found = match parsed::<Statements>(result) {
            Ok(found) => found,
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(Trouble::NoSuchUser | Trouble::RelayNonsense) => {
                hands.log("sender-unknown");
                return Ok(());
            }
            // Tried again when the line is back.
            Err(_) => {
                self.asked.remove(&who);
                return Ok(());
            }
        };
        if self.state.pins.contains_key(&who) {
            if !self.extend(hands, who, &found.statements) {
                // Asking again at once would get the same answer; the next connection asks again.
                return Ok(());
            }
        } else {
            match verify(&found.statements) {
                Ok(account) if account.account_id() == who => {
                    self.pin(hands, account);
                }
                _ => {
                    hands.log("statement-does-not-verify");
                    return Ok(());
                }
            }
        }
        self.asked.remove(&who);
        self.try_held(hands);
        Ok(())
    }

    /// True if the pinned chain has become longer.
    fn extend<R: CryptoRng>(&mut self, hands: &mut Hands<R>, who: AccountId, statements: &[Vec<u8>]) -> bool {
        let Some(pin) = self.state.pins.get_mut(&who) else { return false };
        let mut longer = pin.account.clone();
        let conv = ConvId::direct(self.account.id(), who);
        let extended =
            parse_chain(statements).and_then(|chain| longer.extend(&chain).map_err(|_| Trouble::KeyLogForked));
        let mut grown = false;
        if extended.is_err() || longer.account_id() != who {
            hands.log("key-log-forked");
            if let Some(conv) = self.convs.get_mut(&conv) {
                conv.forked = true;
            }
        } else if longer.head() != pin.account.head() {
            pin.new_identity |= longer.ik_hash() != pin.account.ik_hash();
            pin.account = longer;
            grown = true;
            self.state_changed(hands);
        }
        hands.event(Event::Conversations(self.conversation(&conv).into_iter().collect()));
        grown
    }

    pub(super) fn details(&self, conv: &ConvId) -> Result<Details, Trouble> {
        let pin = self.convs.get(conv).and_then(|conv| self.pin_of(conv)).ok_or(Trouble::NotFound)?;
        Ok(Details {
            username: pin.account.username().shown().to_owned(),
            account: pin.account.account_id(),
            safety_number: safety_number(&self.account.me, &pin.account),
            statements: pin.account.seq(),
        })
    }
}

fn verify(statements: &[Vec<u8>]) -> Result<VerifiedAccount, Trouble> {
    if statements.is_empty() {
        return Err(Trouble::NoSuchUser);
    }
    VerifiedAccount::verify(&parse_chain(statements)?).map_err(|_| Trouble::BadStatement)
}
