//! Signing out at the person's wish: nothing stays in this browser, and the relay hears of it, however late.

use rand_core::CryptoRng;
use signet_ask::{Event, Status, Trouble};
use signet_shared::api;

use super::{
    AskId, Change, Effect, HttpAnswer, Machine, NoAnswer, Phase, Row, Table, Timer,
    hands::{Call, back_off, body_of},
    local::OWED_KEY,
};

const FIRST_PAUSE_MS: u64 = 5_000;
const LONGEST_PAUSE_MS: u64 = 300_000;

/// A session was left here, and the relay does not know it yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Owed {
    #[default]
    Nothing,
    /// To be told as soon as may be.
    Due,
    /// Told; no answer yet.
    Told,
    /// The timer runs.
    Waiting,
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn sign_out(&mut self, ask: AskId, anyway: bool) {
        if anyway {
            return self.forget(ask);
        }
        match &self.phase {
            Phase::SignedIn(session) => match session.unsent() {
                (0, 0) => self.forget(ask),
                (messages, drafts) => self.hands.fail(ask, Trouble::Unsent { messages, drafts }),
            },
            // The account is not open (the relay is away, say), but its rows are here.
            _ if self.hands.device.is_some() => self.hands.load_for(Table::Outbox, Call::LookForUnsent(ask)),
            _ => self.forget(ask),
        }
    }

    /// Sealed rows of what may be nowhere else. What they hold, and whether it was sent, only the opened account can say.
    pub(super) fn looked_for_unsent(&mut self, ask: AskId, table: Table, rows: &[Row]) {
        if matches!(self.phase, Phase::SignedIn(_)) {
            return self.sign_out(ask, false);
        }
        match table {
            _ if !rows.is_empty() => self.hands.fail(ask, Trouble::MaybeUnsent),
            Table::Outbox => self.hands.load_for(Table::Drafts, Call::LookForUnsentDrafts(ask)),
            _ => self.forget(ask),
        }
    }

    fn forget(&mut self, ask: AskId) {
        self.forget_all();
        self.hands.http(api::SIGN_OUT, Some(Vec::new()), Call::SignOut);
        self.hands.event(Event::Status(Status::NOBODY));
        // Answered only once it is done, and with the browser's reason where it cannot be.
        self.hands.batch.any = true;
        self.hands.push(Effect::Forget);
        // Until the relay has heard of it: the session must not live on because nobody could tell it.
        self.hands.owed = Owed::Told;
        let row = Row { key: OWED_KEY.to_vec(), value: Vec::new() };
        self.hands.store(vec![Change::Put { table: Table::Meta, row }]);
        self.hands.answer::<signet_ask::SignOut>(ask, &Ok(()));
    }

    /// Tells the relay what it could not be told before. A sign-in in between replaces the session in any case.
    pub(super) fn pay_sign_out(&mut self) {
        if self.hands.owed == Owed::Due && self.hands.online && matches!(self.phase, Phase::SignedOut) {
            self.hands.owed = Owed::Told;
            self.hands.http(api::SIGN_OUT, Some(Vec::new()), Call::SignOut);
        }
    }

    /// The timer has run out, or the network is back.
    pub(super) fn sign_out_due(&mut self) {
        if self.hands.owed == Owed::Waiting {
            self.hands.owed = Owed::Due;
        }
    }

    pub(super) fn signed_out(&mut self, result: Result<HttpAnswer, NoAnswer>) {
        if self.hands.owed != Owed::Told {
            return;
        }
        let hands = &mut self.hands;
        if matches!(body_of(result), Ok(_) | Err(Trouble::SessionEnded | Trouble::SignedOut)) {
            (hands.owed, hands.owed_tries) = (Owed::Nothing, 0);
            return hands.store(vec![Change::Delete { table: Table::Meta, key: OWED_KEY.to_vec() }]);
        }
        let after_ms = back_off(FIRST_PAUSE_MS, hands.owed_tries, LONGEST_PAUSE_MS);
        (hands.owed, hands.owed_tries) = (Owed::Waiting, hands.owed_tries.saturating_add(1));
        hands.push(Effect::Timer { timer: Timer::SignOut, after_ms });
    }
}
