//! What the account's owner sees of it: the recovery key's dates, and the sessions.

use rand_core::CryptoRng;
use signet_ask::{AccountView, PasskeyView, RecoveryStatus, SessionView, Trouble};
use signet_shared::api::{self, EndSessions, Ended, Passkeys, Sessions, WhichSessions};

use super::{
    AskId, HttpAnswer, Machine, NoAnswer, Phase,
    hands::{Call, Hands, parsed},
    session::Session,
    state::Receipts,
};

/// What an answer of the relay's is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum FactsCall {
    Sessions(AskId),
    EndSession(AskId),
    EndOthers(AskId),
    Passkeys(AskId),
}

impl FactsCall {
    pub(super) fn ask(self) -> AskId {
        match self {
            Self::Sessions(ask) | Self::EndSession(ask) | Self::EndOthers(ask) | Self::Passkeys(ask) => ask,
        }
    }
}

impl Session {
    /// Whether others hear what is read here. The account's other browsers hear of it.
    pub(super) fn set_read_receipts<R: CryptoRng>(&mut self, hands: &mut Hands<R>, on: bool) {
        let before = self.state.receipts;
        if before.off != on {
            return;
        }
        self.state.receipts = Receipts { off: !on, at_ms: hands.now.max(before.at_ms.saturating_add(1)) };
        self.convs.values_mut().for_each(|conv| conv.to_read.clear());
        self.state_changed(hands);
    }

    pub(super) fn account_view<R>(&self, hands: &Hands<R>) -> AccountView {
        AccountView {
            username: self.account.me.username().shown().to_owned(),
            by_recovery_key: self.by_recovery_key,
            read_receipts: !self.state.receipts.off,
            recovery: self.state.recovery,
            backup: hands.backups,
            keys_until_ms: self.keys_until_ms(),
            begun_anew: self.account.me.reset_above(0).is_some(),
            secret_key: self.account.keys.secret_key.is_some(),
            secret_key_stays: hands.kept.as_ref().is_some_and(|kept| kept.stays),
        }
    }

    /// Signed in with the recovery key.
    pub(super) fn recovered<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.by_recovery_key = true;
        self.note_tested(hands);
    }

    pub(super) fn note_made<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        // Later than the one before, whatever this clock says: the later one counts.
        let made_ms = hands.now.max(self.state.recovery.made_ms.saturating_add(1));
        self.state.recovery = RecoveryStatus { made_ms, saved_ms: None, tested_ms: None };
        self.state_changed(hands);
    }

    pub(super) fn note_saved<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.state.recovery.saved_ms = Some(hands.now);
        self.state_changed(hands);
    }

    pub(super) fn note_tested<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.state.recovery.tested_ms = Some(hands.now);
        self.state_changed(hands);
    }

    pub(super) fn read_sessions<R: CryptoRng>(&self, hands: &mut Hands<R>, ask: AskId) {
        hands.http(api::SESSIONS, None, Call::Facts(FactsCall::Sessions(ask)));
    }

    pub(super) fn end_session<R: CryptoRng>(&self, hands: &mut Hands<R>, ask: AskId, handle: [u8; 16]) {
        let end = EndSessions { which: WhichSessions::One(handle) };
        hands.post(api::SESSIONS_END, &end, Call::Facts(FactsCall::EndSession(ask)));
    }

    pub(super) fn end_others<R: CryptoRng>(&self, hands: &mut Hands<R>, ask: AskId) {
        let end = EndSessions { which: WhichSessions::Others };
        hands.post(api::SESSIONS_END, &end, Call::Facts(FactsCall::EndOthers(ask)));
    }
}

impl<R: CryptoRng> Machine<R> {
    /// The answer to any of these.
    pub(super) fn facts_answer(&mut self, call: FactsCall, result: Result<HttpAnswer, NoAnswer>) {
        if !matches!(self.phase, Phase::SignedIn(_)) {
            return;
        }
        let hands = &mut self.hands;
        let trouble = match call {
            FactsCall::Sessions(ask) => {
                let list = parsed::<Sessions>(result).map(|found| found.sessions.into_iter().map(view).collect());
                hands.answer::<signet_ask::ReadSessions>(ask, &list);
                list.err()
            }
            FactsCall::EndSession(ask) => {
                let ended = parsed::<Ended>(result).map(drop);
                hands.answer::<signet_ask::EndSession>(ask, &ended);
                ended.err()
            }
            FactsCall::EndOthers(ask) => {
                let ended = parsed::<Ended>(result).map(|ended| ended.ended);
                hands.answer::<signet_ask::EndOtherSessions>(ask, &ended);
                ended.err()
            }
            FactsCall::Passkeys(ask) => {
                let view = |found: api::PasskeyInfo| PasskeyView { place: found.place.number(), added_ms: found.added };
                let list = parsed::<Passkeys>(result).map(|found| found.passkeys.into_iter().map(view).collect());
                hands.answer::<signet_ask::ReadPasskeys>(ask, &list);
                list.err()
            }
        };
        if trouble == Some(Trouble::SessionEnded) {
            self.session_ended();
        }
    }
}

fn view(session: api::SessionInfo) -> SessionView {
    SessionView {
        handle: session.handle,
        browser: session.browser,
        system: session.system,
        created_ms: session.created,
        used_ms: session.used,
        current: session.current,
    }
}
