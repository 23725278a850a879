//! Self-audit: what the relay tells others of this account's keys, compared with the keys that are here.
//!
//! Asked by name, as somebody would who meets this account for the first time. A relay that gives some people another
//! answer than it gives this account is not found in this way; what they compare with each other finds it.

use rand_core::CryptoRng;
use signet_ask::{Event, Trouble};
use signet_crypto::VerifiedAccount;
use signet_shared::api::{self, Lookup, Statements, Who};

use super::{
    Effect, HttpAnswer, NoAnswer, Timer,
    account::parse_chain,
    hands::{Call, Hands, parsed},
    session::Session,
};

const EVERY_MS: u64 = 24 * 3600 * 1000;
/// After no answer.
const AGAIN_MS: u64 = 600_000;
/// After asking for what another browser may have renewed.
const BEHIND_MS: u64 = 30_000;

/// Whose statements the relay gives under this account's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Mine,
    /// By this account's identity, for a key that is not here yet, or for the one before: the keys are being renewed.
    NotYetMine,
    Others,
}

impl Session {
    pub(super) fn audit<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.renew_if_due(hands);
        let who = Who::Name(self.account.me.username().clone());
        hands.post(api::LOOKUP, &Lookup { who, after: 0 }, Call::Audit);
        hands.push(Effect::Timer { timer: Timer::Audit, after_ms: EVERY_MS });
    }

    /// An error if the session is over.
    pub(super) fn audited<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let honest = match parsed::<Statements>(result) {
            Ok(found) => {
                let said = self.is_mine(&found.statements);
                if said == Said::NotYetMine && !self.behind {
                    // This browser or another may just have renewed the keys.
                    self.behind = true;
                    self.refresh(hands);
                    hands.push(Effect::Timer { timer: Timer::Audit, after_ms: BEHIND_MS });
                    return Ok(());
                }
                said == Said::Mine
            }
            // Others are told that nobody has this name.
            Err(Trouble::NoSuchUser | Trouble::RelayNonsense) => false,
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(_) => {
                hands.push(Effect::Timer { timer: Timer::Audit, after_ms: AGAIN_MS });
                return Ok(());
            }
        };
        self.behind = false;
        if !honest {
            hands.log("own-keys-differ");
        }
        self.set_own_keys_differ(hands, !honest);
        Ok(())
    }

    pub(super) fn set_own_keys_differ<R: CryptoRng>(&mut self, hands: &mut Hands<R>, differ: bool) {
        if core::mem::replace(&mut self.own_keys_differ, differ) != differ {
            hands.event(Event::Conversations(self.conversations()));
        }
    }

    /// Whether these are this account's statements: all that are known here, and none for a key that is not here.
    fn is_mine(&self, statements: &[Vec<u8>]) -> Said {
        let Ok(chain) = parse_chain(statements) else { return Said::Others };
        let Ok(said) = VerifiedAccount::verify_through_resets(&chain) else { return Said::Others };
        let me = &self.account.me;
        let whole = said.knows(&me.head());
        let mine =
            said.account_id() == self.me() && said.ik_hash() == self.account.ik() && (whole || me.knows(&said.head()));
        match mine {
            true if whole && self.account.ek_ids.contains(&said.ek().id()) => Said::Mine,
            true => Said::NotYetMine,
            false => Said::Others,
        }
    }
}
