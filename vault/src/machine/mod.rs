//! The messenger core, sans I/O: `handle(now, input) -> effects`. The same code runs in the vault worker and in native
//! tests, which play whole stories between machines and a relay in milliseconds.

mod account;
mod conv;
mod hands;
mod inbox;
mod io;
mod line;
mod local;
mod mailbox;
mod opening;
mod outbox;
mod rows;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod state;
mod streams;
mod sync;
mod trust;
mod views;

pub use io::*;

use rand_core::CryptoRng;
use signet_ask::{self as ask, Question, Trouble};

use hands::{Call, Hands, Stored};
use local::{Attach, Device, OWED_KEY};
use opening::Opening;
use session::Session;
use sign_in::SignIn;
use sign_out::Owed;
use sign_up::SignUp;

/// One browser's messenger.
pub struct Machine<R> {
    hands: Hands<R>,
    phase: Phase,
    /// What the last batch was to make durable. A failure is told before anything else happens, so it is that batch's.
    last_stored: Stored,
}

enum Phase {
    SignedOut,
    Attaching(Box<Attach>),
    SigningUp(Box<SignUp>),
    SigningIn(Box<SignIn>),
    /// The account is open; its rows and its new local slot are on their way.
    Opening(Box<Opening>),
    SignedIn(Box<Session>),
}

impl<R> core::fmt::Debug for Machine<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Machine(..)")
    }
}

impl<R: CryptoRng> Machine<R> {
    pub fn new(rng: R) -> Self {
        Self { hands: Hands::new(rng), phase: Phase::SignedOut, last_stored: Stored::default() }
    }

    /// Takes something that happened at `now_ms` (milliseconds since 1970); says what is to be done.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.hands.now = now_ms;
        self.dispatch(input);
        self.pay_sign_out();
        self.last_stored = core::mem::take(&mut self.hands.batch);
        core::mem::take(&mut self.hands.out)
    }

    fn dispatch(&mut self, input: Input) {
        match input {
            Input::Start { meta, origin, online } => self.start(meta, origin, online),
            Input::Ask { ask, question } => self.ask(ask, question),
            Input::Http { call, result } => {
                if let Some(call) = self.hands.called(call) {
                    self.answered(call, result);
                }
            }
            Input::Socket(input) => {
                if let Phase::SignedIn(session) = &mut self.phase
                    && !session.socket(&mut self.hands, input)
                {
                    self.session_ended();
                }
            }
            Input::Loaded { call, rows } => match self.hands.called(call) {
                Some(Call::Load(Table::Meta)) => self.read_meta(rows),
                Some(Call::Load(table)) => self.loaded(table, rows),
                Some(Call::LookForUnsent(ask)) => self.looked_for_unsent(ask, Table::Outbox, &rows),
                Some(Call::LookForUnsentDrafts(ask)) => self.looked_for_unsent(ask, Table::Drafts, &rows),
                _ => {}
            },
            Input::BrowserShare { call, share } => match self.hands.called(call) {
                Some(Call::AttachBrowser) => self.attach_browser(share),
                Some(Call::DepositBrowser) => self.deposit_browser(share),
                _ => {}
            },
            Input::Timer(timer) => self.timer(timer),
            Input::Continue => {
                self.sign_up_step();
                self.sign_in_step();
                if let Phase::SignedIn(session) = &mut self.phase {
                    session.pump(&mut self.hands);
                }
            }
            Input::Online(online) => {
                let changed = self.hands.online != online;
                self.hands.online = online;
                if changed {
                    self.hands.owed_tries = 0;
                    self.sign_out_due();
                }
                if let (Phase::SignedIn(session), true) = (&mut self.phase, changed) {
                    session.online(&mut self.hands);
                }
            }
            Input::StorageFailed { reason } => self.storage_failed(reason),
        }
    }

    fn start(&mut self, meta: Result<Vec<Row>, String>, origin: String, online: bool) {
        self.hands.origin = origin;
        self.hands.online = online;
        match meta {
            Ok(rows) => self.read_meta(rows),
            Err(reason) => self.hands.unread = Some(reason),
        }
    }

    fn read_meta(&mut self, rows: Vec<Row>) {
        self.hands.unread = None;
        for row in rows {
            if row.key == Device::KEY {
                self.hands.device = Device::parse(&row.value);
            } else if row.key == Device::STATE_KEY {
                self.hands.kept_state = Some(row.value);
            } else if row.key == OWED_KEY && self.hands.owed == Owed::Nothing {
                self.hands.owed = Owed::Due;
            }
        }
    }

    fn answered(&mut self, call: Call, result: Result<HttpAnswer, NoAnswer>) {
        match call {
            Call::UpAbout | Call::UpStarted | Call::UpFinished => self.sign_up_answer(call, result),
            Call::InAbout | Call::InStarted | Call::InFinished => self.sign_in_answer(call, result),
            Call::AttachTake | Call::AttachVault => self.attach_answer(call, result),
            Call::DepositTake => self.deposit_taken(result),
            Call::PutState | Call::Refresh | Call::Lookup(_) | Call::Start { .. } => {
                let Phase::SignedIn(session) = &mut self.phase else { return };
                let hands = &mut self.hands;
                let done = match call {
                    Call::PutState => session.state_put(hands, result),
                    Call::Refresh => session.refreshed(hands, result),
                    Call::Lookup(who) => session.looked_up(hands, who, result),
                    Call::Start { ask, name } => session.started(hands, ask, &name, result),
                    _ => Ok(()),
                };
                if done.is_err() {
                    self.session_ended();
                }
            }
            Call::SignOut => self.signed_out(result),
            Call::Ignore
            | Call::AttachBrowser
            | Call::DepositBrowser
            | Call::Load(_)
            | Call::LookForUnsent(_)
            | Call::LookForUnsentDrafts(_) => {}
        }
    }

    fn timer(&mut self, timer: Timer) {
        if let (Phase::SigningUp(up), Timer::Retry) = (&self.phase, timer) {
            up.send(&mut self.hands);
        }
        if timer == Timer::SignOut {
            self.sign_out_due();
        }
        let Phase::SignedIn(session) = &mut self.phase else { return };
        let hands = &mut self.hands;
        match timer {
            Timer::Reconnect => session.reconnect_time(hands),
            Timer::Ping => session.ping_time(hands),
            Timer::Receipts => session.send_receipts(hands),
            Timer::PutState => session.put_state(hands),
            Timer::Retry => session.retry_time(hands),
            Timer::Lookup => session.lookup_time(hands),
            Timer::Patience => session.patience_over(hands),
            Timer::SignOut => {}
        }
    }

    fn ask(&mut self, ask: AskId, question: Question) {
        let idle = matches!(self.phase, Phase::SignedOut);
        // A sign-out that would take nothing along unasked has to know what is here.
        let needs_meta = match &question {
            Question::Attach(_) | Question::SignUp(_) | Question::SignIn(_) => true,
            Question::SignOut(q) => !q.anyway,
            _ => false,
        };
        if let Some(reason) = self.hands.unread.clone().filter(|_| needs_meta) {
            // The answer first: what comes after a load that fails again is not carried out.
            self.hands.fail(ask, Trouble::Storage { reason });
            // For the next try.
            return self.hands.load(Table::Meta);
        }
        match question {
            Question::Attach(q) => self.attach(ask, q.share),
            Question::SignUp(q) if idle => self.sign_up(ask, &q.username, q.password, q.stay, q.ticket),
            Question::SignIn(q) if idle => self.sign_in(ask, &q.username, q.password, q.stay),
            Question::SignUp(_) | Question::SignIn(_) => self.hands.fail(ask, Trouble::Busy),
            Question::CancelSignUp(_) => self.cancel_sign_up(ask),
            Question::SignOut(q) => self.sign_out(ask, q.anyway),
            other => match &mut self.phase {
                Phase::SignedIn(session) => session.ask(&mut self.hands, ask, other),
                _ => self.hands.fail(ask, Trouble::SignedOut),
            },
        }
    }

    fn storage_failed(&mut self, reason: String) {
        let failed = core::mem::take(&mut self.last_stored);
        self.hands.log("storage-failed");
        let trouble = Trouble::Storage { reason };
        for id in failed.calls.iter().copied() {
            match self.hands.called_outside(id) {
                Some(Call::LookForUnsent(ask) | Call::LookForUnsentDrafts(ask)) => {
                    self.hands.fail(ask, trouble.clone());
                }
                Some(call) => self.answered(call, Err(NoAnswer)),
                None => {}
            }
        }
        if let Some(reply) = failed.opened {
            // Nobody is signed in by halves.
            self.leave();
            return self.not_opened(reply, &trouble);
        }
        for ask in failed.asks.iter().copied() {
            self.hands.fail(ask, trouble.clone());
        }
        let Phase::SignedIn(session) = &mut self.phase else { return self.opening_failed(&trouble) };
        session.not_stored(&mut self.hands, &failed);
        // What was to be asked of the relay after that was not; nothing is to wait for the answers.
        for call in failed.calls {
            match self.hands.called(call) {
                Some(Call::Start { ask, .. }) => self.hands.fail(ask, trouble.clone()),
                Some(call) => self.answered(call, Err(NoAnswer)),
                None => {}
            }
        }
        if let Phase::SignedIn(session) = &mut self.phase {
            // Frames of that batch were not sent, and mail of it is to be fetched again: the line starts anew.
            session.lost(&mut self.hands, true);
            session.start_timers(&mut self.hands);
        }
    }
}

impl Session {
    fn ask<R: CryptoRng>(&mut self, hands: &mut Hands<R>, id: AskId, question: Question) {
        match question {
            Question::Conversations(_) => hands.answer::<ask::Conversations>(id, &Ok(self.conversations())),
            Question::StartConversation(q) => self.start_conversation(hands, id, &q.username),
            Question::ReadPage(q) => hands.answer::<ask::ReadPage>(id, &self.page(&q.conv, q.before, q.limit)),
            Question::Send(q) => {
                let result = self.send(hands, q.conv, q.uuid, q.text);
                hands.answer::<ask::Send>(id, &result);
                // Sealed in a batch of its own: what has been accepted by then is not taken back.
                hands.push(Effect::Continue);
            }
            Question::Retry(q) => {
                let result = self.retry(hands, q.id);
                hands.answer::<ask::Retry>(id, &result);
                hands.push(Effect::Continue);
            }
            Question::Discard(q) => {
                let result = self.discard(hands, q.id);
                hands.answer::<ask::Discard>(id, &result);
            }
            Question::MarkRead(q) => {
                let result = self.mark_read(hands, q.conv, q.id);
                hands.answer::<ask::MarkRead>(id, &result);
            }
            Question::SaveDraft(q) => {
                let result = self.save_draft(hands, q.conv, q.text);
                hands.answer::<ask::SaveDraft>(id, &result);
            }
            Question::ReadDraft(q) => {
                let draft = self.drafts.get(&q.conv).cloned().unwrap_or_default();
                hands.answer::<ask::ReadDraft>(id, &Ok(draft));
            }
            Question::ReadDetails(q) => self.read_details(hands, id, &q.conv),
            // Answered by the machine itself.
            Question::Attach(_)
            | Question::SignUp(_)
            | Question::SignIn(_)
            | Question::CancelSignUp(_)
            | Question::SignOut(_) => {}
        }
    }
}
