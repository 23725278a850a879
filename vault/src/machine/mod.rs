//! The messenger core, sans I/O: `handle(now, input) -> effects`. The same code runs in the vault worker and in native
//! tests, which play whole stories between machines and a relay in milliseconds.

mod account;
mod anew;
mod archive;
mod audit;
mod backup;
mod camera;
mod conv;
mod delete;
mod earlier;
mod facts;
mod hands;
mod identity;
mod inbox;
mod io;
mod kept;
mod later;
mod line;
mod local;
mod lock;
mod login;
mod mailbox;
mod notes;
mod opening;
mod outbox;
mod pin;
mod renew;
mod rescue;
mod rows;
mod secret;
mod secret_key;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod state;
mod streams;
mod sync;
mod trust;
mod views;

pub use anew::{AnewCall, AnewTask};
pub use earlier::{EarlierCall, EarlierTask};
pub use io::*;
pub use later::{Later, Task};
pub use rescue::RescueCall;
pub use secret::SecretCall;

use rand_core::CryptoRng;
use signet_ask::{self as ask, Question, Trouble};
use signet_shared::{api, wire::Refusal};

use anew::Claimed;
use facts::FactsCall;
use hands::{Call, Hands, Stored};
use kept::Kept;
use local::{Attach, Device, OWED_KEY};
use lock::Lock;
use opening::Opening;
use session::Session;
use sign_in::SignIn;
use sign_out::Owed;
use sign_up::SignUp;

/// One browser's messenger.
pub struct Machine<R> {
    hands: Hands<R>,
    phase: Phase,
    /// A backup is being written or read.
    backup: Option<Box<backup::Run>>,
    later: Later<R>,
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
        Self::with_later(rng, Self::carry_out)
    }

    /// Whose code comes in parts.
    pub fn with_later(rng: R, later: Later<R>) -> Self {
        Self { hands: Hands::new(rng), phase: Phase::SignedOut, backup: None, later, last_stored: Stored::default() }
    }

    /// Takes something that happened at `now_ms` (milliseconds since 1970); says what is to be done.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.hands.now = now_ms;
        // A failure is told of the batch before: nothing may come between.
        if !matches!(input, Input::StorageFailed { .. }) {
            self.lock_if_due();
        }
        self.dispatch(input);
        self.pay_sign_out();
        self.last_stored = core::mem::take(&mut self.hands.batch);
        core::mem::take(&mut self.hands.out)
    }

    fn dispatch(&mut self, input: Input) {
        if !matches!(input, Input::StorageFailed { .. }) {
            self.finish_import();
        }
        match input {
            Input::Start { meta, origin, online } => self.start(meta, origin, online),
            Input::Ask { ask, question } => self.ask(ask, question),
            Input::Http { call, result } => {
                let (older, call) = (self.hands.is_older(call), self.hands.called(call));
                if let Some(call) = call {
                    self.answered(call, self.in_this_session(older, result));
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
                Some(Call::LookForUnsent(ask, table, question)) => self.looked_for_unsent(ask, table, *question, &rows),
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
                self.backup_step();
                self.earlier_step();
                if let Phase::SignedIn(session) = &mut self.phase {
                    session.pump(&mut self.hands);
                    session.renew_step(&mut self.hands);
                    let (changes, rescues) = (session.change.is_some(), session.rescue.is_some());
                    if changes {
                        self.later(Task::SecretTurn);
                    }
                    if rescues {
                        self.later(Task::RescueTurn);
                    }
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
            } else if row.key == backup::DATES_KEY {
                self.hands.backups = rows::parse(&row.value).unwrap_or_default();
            } else if row.key == Lock::KEY {
                self.hands.lock = Lock::parse(&row.value);
            } else if row.key == Kept::ROW {
                self.hands.kept = Kept::parse(&row.value);
            } else if row.key == Claimed::KEY {
                self.hands.anew = Claimed::parse(&row.value);
            } else if row.key == OWED_KEY && self.hands.owed == Owed::Nothing {
                self.hands.owed = Owed::Due;
            }
        }
    }

    /// While a login replaces this browser's session, and of what was asked before it had, an answer that the session is
    /// over speaks of the old one.
    fn in_this_session(&self, older: bool, result: Result<HttpAnswer, NoAnswer>) -> Result<HttpAnswer, NoAnswer> {
        let replacing = matches!(&self.phase, Phase::SignedIn(session) if session.replacing);
        match result {
            Ok(answer) if (older || replacing) && answer.refusal == Some(Refusal::SignedOut.number()) => Err(NoAnswer),
            result => result,
        }
    }

    fn answered(&mut self, call: Call, result: Result<HttpAnswer, NoAnswer>) {
        match call {
            Call::UpAbout | Call::UpStarted | Call::UpFinished => self.sign_up_answer(call, result),
            Call::In(call) => self.sign_in_answer(call, result),
            Call::AttachTake | Call::AttachVault => self.attach_answer(call, result),
            Call::DepositTake => self.deposit_taken(result),
            Call::PutState | Call::Refresh | Call::Lookup(_) | Call::Start { .. } | Call::Audit | Call::Keys(_) => {
                let Phase::SignedIn(session) = &mut self.phase else { return };
                let hands = &mut self.hands;
                let done = match call {
                    Call::PutState => session.state_put(hands, result),
                    Call::Refresh => session.refreshed(hands, result),
                    Call::Lookup(who) => session.looked_up(hands, who, result),
                    Call::Start { ask, name } => session.started(hands, ask, &name, result),
                    Call::Audit => session.audited(hands, result),
                    Call::Keys(ek) => {
                        let done = session.keys_put(hands, ek, result);
                        session.own_statements_grown();
                        session.try_held(hands, None);
                        done
                    }
                    _ => Ok(()),
                };
                if done.is_err() {
                    self.session_ended();
                }
            }
            Call::Facts(call) => self.facts_answer(call, result),
            Call::Anew(call) => self.later(Task::Anew(AnewTask::Answer(call, result))),
            Call::Earlier(call) => self.later(Task::Earlier(EarlierTask::Answer(call, result))),
            Call::Secret(call) => self.later(Task::SecretAnswer { call, result }),
            Call::Rescue(call) => self.later(Task::RescueAnswer { call, result }),
            Call::SignOut => self.signed_out(result),
            Call::Delete(ask) => self.deleted(ask, result),
            Call::Ignore | Call::AttachBrowser | Call::DepositBrowser | Call::Load(_) | Call::LookForUnsent(..) => {}
        }
    }

    fn timer(&mut self, timer: Timer) {
        if let (Phase::SigningUp(up), Timer::Retry) = (&self.phase, timer) {
            up.send(&mut self.hands);
        }
        match timer {
            Timer::Rescue => return self.later(Task::RescueTime),
            Timer::Secret => return self.later(Task::SecretTime),
            _ => {}
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
            Timer::Audit => session.audit(hands),
            // Seen to before anything else.
            Timer::SignOut | Timer::Unused | Timer::Secret | Timer::Rescue => {}
            Timer::Keys => session.keys_time(hands),
        }
    }

    fn ask(&mut self, ask: AskId, question: Question) {
        let idle = match &self.phase {
            Phase::SignedOut => true,
            Phase::SigningIn(signing) => signing.asks().is_some(),
            _ => false,
        };
        // Whoever begins again lets go of a sign-in that waits for the secret key.
        if idle
            && matches!(
                question,
                Question::SignUp(_)
                    | Question::SignIn(_)
                    | Question::SignInWithRecoveryKey(_)
                    | Question::SignInWithPasskey(_)
                    | Question::BeginAnew(_)
            )
        {
            self.phase = Phase::SignedOut;
        }
        // A sign-out that would take nothing along unasked has to know what is here.
        let needs_meta = match &question {
            Question::Attach(_)
            | Question::SignUp(_)
            | Question::SignIn(_)
            | Question::SignInWithRecoveryKey(_)
            | Question::SignInWithPasskey(_) => true,
            Question::SignOut(q) => !q.anyway,
            Question::AskAnew(_) | Question::LookAnew(_) | Question::BeginAnew(_) => true,
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
            q if anew::is_question(&q) => self.ask_anew(ask, q),
            Question::BeginAnew(q) if !idle => self.later(Task::BeginAnew { ask, question: q }),
            Question::SignUp(_)
            | Question::SignIn(_)
            | Question::SignInWithRecoveryKey(_)
            | Question::SignInWithPasskey(_)
                if !idle =>
            {
                self.hands.fail(ask, Trouble::Busy);
            }
            q if self.others_rows(&q) => self.look_for_unsent(ask, Table::Outbox, q),
            q @ (Question::SignUp(_)
            | Question::SignIn(_)
            | Question::SignInWithRecoveryKey(_)
            | Question::SignInWithPasskey(_)
            | Question::BeginAnew(_)) => {
                self.hands.left = false;
                self.enter(ask, q);
            }
            Question::CancelSignUp(_) => self.cancel_sign_up(ask),
            Question::SignOut(q) => self.sign_out(ask, q.anyway),
            Question::Backup(q) => self.later(Task::Backup { ask, run: q.run, step: q.step }),
            q if later::is_about_identities(&q) => self.later(Task::Compared { ask, question: q }),
            q if later::is_about_secrets(&q) => self.later(Task::Secret { ask, question: q }),
            Question::GiveSecretKey(q) => self.later(Task::GiveSecretKey { ask, question: q }),
            Question::PrepareRescue(q) => {
                self.later(Task::PrepareRescue { ask, current: q.current, new: q.new });
            }
            Question::Rescue(q) => self.later(Task::Rescue { ask, new: q.new }),
            Question::Archive(q) => self.later(Task::Archive { ask, run: q.run, part: q.part }),
            Question::OpenedConversations(q) => self.later(Task::OpenedConversations { ask, run: q.run }),
            Question::OpenedMessages(which) => self.later(Task::OpenedMessages { ask, which }),
            Question::Lock(_) => self.ask_lock(ask),
            Question::SetLock(q) => self.set_lock(ask, q.when),
            Question::ReadLock(_) => {
                let when = self.lock_when();
                self.hands.answer::<ask::ReadLock>(ask, &Ok(when));
            }
            Question::Used(_) => {
                if matches!(self.phase, Phase::SignedIn(_)) {
                    self.hands.used();
                }
                self.hands.answer::<ask::Used>(ask, &Ok(()));
            }
            other => match &mut self.phase {
                Phase::SignedIn(session) => session.ask(&mut self.hands, ask, other),
                _ => self.hands.fail(ask, Trouble::SignedOut),
            },
        }
    }

    /// Nobody is signed in, and nothing is here that this would forget.
    fn enter(&mut self, ask: AskId, question: Question) {
        match question {
            Question::SignUp(q) => self.sign_up(ask, &q.username, q.password, q.stay, q.ticket),
            Question::SignIn(q) => self.sign_in(ask, &q.username, q.password, q.stay),
            Question::SignInWithRecoveryKey(q) => self.sign_in_with_recovery_key(ask, &q.username, q.key, q.stay),
            Question::SignInWithPasskey(q) => self.sign_in_with_passkey(ask, q),
            Question::BeginAnew(q) => self.later(Task::BeginAnew { ask, question: q }),
            _ => {}
        }
    }

    fn storage_failed(&mut self, reason: String) {
        let failed = core::mem::take(&mut self.last_stored);
        self.hands.log("storage-failed");
        let trouble = Trouble::Storage { reason };
        for id in failed.calls.iter().copied() {
            match self.hands.called_outside(id) {
                Some(Call::LookForUnsent(ask, ..)) => {
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
        self.backup_not_stored(&trouble);
        for ask in failed.asks.iter().copied() {
            self.hands.fail(ask, trouble.clone());
        }
        if failed.locked {
            self.say_locked();
        }
        let Phase::SignedIn(session) = &mut self.phase else { return self.opening_failed(&trouble) };
        session.not_stored(&mut self.hands, &failed);
        // What was to be asked of the relay after that was not; nothing is to wait for the answers.
        for call in failed.calls {
            let Some(call) = self.hands.called(call) else { continue };
            match call.ask() {
                Some(ask) => self.hands.fail(ask, trouble.clone()),
                None => self.answered(call, Err(NoAnswer)),
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
                let result = self.send(hands, q.conv, q.uuid, q.text, None);
                hands.answer::<ask::Send>(id, &result);
                // Sealed in a batch of its own: what has been accepted by then is not taken back.
                hands.push(Effect::Continue);
            }
            Question::Reply(q) => {
                let result = self.send(hands, q.conv, q.uuid, q.text, Some(q.to));
                hands.answer::<ask::Reply>(id, &result);
                hands.push(Effect::Continue);
            }
            Question::Say(q) => {
                let result = self.say(hands, q.conv, q.id, q.saying);
                hands.answer::<ask::Say>(id, &result);
                hands.push(Effect::Continue);
            }
            Question::SetReadReceipts(q) => {
                self.set_read_receipts(hands, q.on);
                hands.answer::<ask::SetReadReceipts>(id, &Ok(()));
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
            Question::ReadAccount(_) => hands.answer::<ask::ReadAccount>(id, &Ok(self.account_view(hands))),
            Question::ReadPasskeys(_) => hands.http(api::PASSKEYS, None, Call::Facts(FactsCall::Passkeys(id))),
            Question::RecoveryKeySaved(_) => {
                self.note_saved(hands);
                hands.answer::<ask::RecoveryKeySaved>(id, &Ok(()));
            }
            Question::ReadSessions(_) => self.read_sessions(hands, id),
            Question::EndSession(q) => self.end_session(hands, id, q.handle),
            Question::EndOtherSessions(_) => self.end_others(hands, id),
            Question::RenewKeys(_) => self.renew_keys(hands, id),
            // Answered by the machine itself.
            Question::Attach(_)
            | Question::SignUp(_)
            | Question::SignIn(_)
            | Question::SignInWithRecoveryKey(_)
            | Question::SignInWithPasskey(_)
            | Question::CancelSignUp(_)
            | Question::SignOut(_)
            | Question::Backup(_)
            | Question::AskAnew(_)
            | Question::AskAnewHere(_)
            | Question::LookAnew(_)
            | Question::DropAnew(_)
            | Question::BeginAnew(_)
            | Question::RefuseAnew(_)
            | Question::OpenEarlier(_)
            | Question::PrepareRescue(_)
            | Question::Rescue(_)
            | Question::Archive(_)
            | Question::OpenedConversations(_)
            | Question::OpenedMessages(_)
            | Question::ChangePassword(_)
            | Question::ReplaceRecoveryKey(_)
            | Question::TestRecoveryKey(_)
            | Question::AddPasskey(_)
            | Question::RemovePasskey(_)
            | Question::DeleteAccount(_)
            | Question::SecretKey(_)
            | Question::CheckCode(_)
            | Question::MarkVerified(_)
            | Question::DecideIdentity(_)
            | Question::GiveSecretKey(_)
            | Question::Lock(_)
            | Question::Used(_)
            | Question::ReadLock(_)
            | Question::SetLock(_) => {}
        }
    }
}
