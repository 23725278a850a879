//! Signing out at the person's wish: nothing stays in this browser, and the relay hears of it, however late.

use rand_core::CryptoRng;
use signet_ask::{Event, Question, Status, Trouble};
use signet_shared::{Username, api};

use super::{
    AskId, Change, Effect, HttpAnswer, Machine, NoAnswer, Phase, Row, Table, Timer,
    hands::{Call, back_off, body_of},
    kept::Kept,
    local::{Device, OWED_KEY},
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
        if self.hands.device.is_some() && self.hands.own_claim() {
            return self.hands.fail(ask, Trouble::AnewWaits);
        }
        match &self.phase {
            Phase::SignedIn(session) => match session.unsent() {
                (0, 0) => self.forget(ask),
                (messages, drafts) => self.hands.fail(ask, Trouble::Unsent { messages, drafts }),
            },
            // The account is not open (the relay is away, say), but its rows are here.
            _ if self.hands.device.is_some() => {
                self.look_for_unsent(ask, Table::Outbox, signet_ask::SignOut { anyway: false }.into());
            }
            _ => self.forget(ask),
        }
    }

    /// Whether that may open an account where another one has rows, or the same one has some of its keys of before.
    pub(super) fn others_rows(&self, question: &Question) -> bool {
        let username = match question {
            Question::SignUp(q) => &q.username,
            Question::SignIn(q) => &q.username,
            Question::SignInWithRecoveryKey(q) => &q.username,
            Question::SignInWithPasskey(q) => &q.username,
            Question::BeginAnew(q) => return self.hands.device.is_some() && !q.anyway,
            _ => return false,
        };
        // What is no username is told so.
        self.hands.device.is_some() && username.parse::<Username>().is_ok()
    }

    /// Whether what was left here is lost only where the account turns out to be another by now: it has begun anew elsewhere,
    /// or in the worker before this one.
    fn maybe_same(&self, question: &Question) -> bool {
        let username = match question {
            Question::SignIn(q) => &q.username,
            Question::SignInWithRecoveryKey(q) => &q.username,
            Question::SignInWithPasskey(q) => &q.username,
            Question::BeginAnew(q) => return q.ticket.as_ref().is_some_and(|ticket| ticket.again),
            _ => return false,
        };
        let named = |device: &Device| device.username.parse::<Username>() == username.parse();
        self.hands.device.as_ref().is_some_and(named)
    }

    pub(super) fn look_for_unsent(&mut self, ask: AskId, table: Table, question: Question) {
        // Not for a login that is under way.
        if !matches!(question, Question::SignOut(_)) {
            self.hands.left = false;
        }
        self.hands.load_for(table, Call::LookForUnsent(ask, table, Box::new(question)));
    }

    /// Sealed rows of what may be nowhere else. What they hold, and whether it was sent, only the opened account can say.
    pub(super) fn looked_for_unsent(&mut self, ask: AskId, table: Table, question: Question, rows: &[Row]) {
        let leaves = matches!(question, Question::SignOut(_));
        match (&self.phase, &self.hands.device) {
            (Phase::SignedIn(_), _) if leaves => self.sign_out(ask, false),
            // Somebody else was quicker; or nothing is here any more.
            (phase, device) if !leaves && (!matches!(phase, Phase::SignedOut) || device.is_none()) => {
                self.ask(ask, question);
            }
            (_, Some(_)) if !rows.is_empty() && self.maybe_same(&question) => {
                self.hands.left = true;
                self.enter(ask, question);
            }
            (_, Some(device)) if !leaves && !rows.is_empty() => {
                let username = device.username.clone();
                self.hands.fail(ask, Trouble::OthersUnsent { username });
            }
            _ if !rows.is_empty() => self.hands.fail(ask, Trouble::MaybeUnsent),
            _ if table == Table::Outbox => self.look_for_unsent(ask, Table::Drafts, question),
            _ if leaves => self.forget(ask),
            // What a backup has brought back: whoever signs out knows of it, whoever signs in may not.
            _ if table == Table::Drafts => self.look_for_unsent(ask, Table::Restored, question),
            _ => self.enter(ask, question),
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
        let mut changes = vec![Change::Put { table: Table::Meta, row }];
        changes.extend(self.hands.kept.as_ref().map(Kept::change));
        self.hands.store(changes);
        self.hands.keep_claim();
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
