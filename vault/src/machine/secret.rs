//! Replacing the password or the recovery key, and testing the recovery key, beside a running session.
//!
//! Each begins with a login, which proves who sits here and puts a fresh session in the place of this browser's own: the
//! socket closes and is opened again, and the local slot is made anew. Then a replacement goes its four steps
//! (`signet_shared::api`): up to the last the old secret opens the account, after it the new one, at no moment both or
//! none.

use rand_core::CryptoRng;
use signet_ask::{
    AddPasskey, ChangePassword, Event, Progress, Question, RecoveryKeyText, SecretKeyTrouble, SecretKeyView, Task,
    Ticket, Trouble,
};
use signet_crypto::{MasterKey, OpaqueError, RecoveryKey, Registration, SecretKey, UnlockKey, looks_like_secret_key};
use signet_shared::{
    AccountId, IkHash,
    api::{
        self, Access, Body, Ended, RemovePasskey, SecretFinish, SecretPending, SecretStart, SecretStarted, SecretTried,
        SecretTry, WithKeys,
    },
    opaque::{KdfProfile, PasskeyPlace, SecretKind},
};
use zeroize::Zeroizing;

use super::{
    AskId, Effect, HttpAnswer, Machine, NoAnswer, Phase, Task as Later, Timer,
    account::Account,
    hands::{Call, Hands, body_of, fault, parsed, pause_before_again},
    login::{Login, LoginCall, Secret},
    secret_key::{NextKeys, shown},
    session::Session,
    sign_in::is_recovery_key,
    sign_up::check_password,
};

/// So often is a new recovery key's last step asked again, for about two minutes, before a lock may end it.
const MOST_TRIES: u32 = 8;
/// How much of the bar the proof takes, where a replacement follows.
const PROOF: f32 = 0.35;
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;

/// Which answer of the relay's is waited for.
#[derive(Debug, Clone, Copy)]
pub enum SecretCall {
    Login(LoginCall),
    Started,
    Pending,
    Tried,
    Finished,
    Removed,
}

/// What is going on.
pub(super) struct Change {
    pub(super) ask: AskId,
    goal: Goal,
    step: Step,
    tries: u32,
    /// What the new way in was made by, once it has been registered.
    made_by: Option<MadeBy>,
    /// The account's keys as they are after the last step, if it changes them.
    next: Option<Box<NextKeys>>,
    /// What to find out, should the proof fail: whether a worker that is gone has done it already.
    again: Again,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Never asked before.
    No,
    Maybe,
    /// The new secret is being tried; whether another was typed to prove who sits here.
    Looking {
        typed: bool,
    },
}

pub(super) enum Goal {
    Password {
        new: Zeroizing<String>,
        end_others: bool,
    },
    RecoveryKey(RecoveryKey),
    Passkey(Secret),
    RemovePasskey(PasskeyPlace),
    /// The same password, and this secret key beside it, or none any more.
    SecretKey {
        password: Secret,
        key: Option<SecretKey>,
    },
    Test,
    Delete,
}

enum Step {
    Proving(Box<Login>),
    Starting(Registration),
    Register(Registration, SecretStarted),
    Pending,
    Trying(signet_crypto::Login),
    Try(signet_crypto::Login, SecretTried),
    /// The last request, sent as it is until it is answered: the relay takes the same again for what it is.
    Finishing(Vec<u8>),
    Done,
}

impl Goal {
    fn kind(&self) -> SecretKind {
        match self {
            Self::Password { .. } | Self::SecretKey { .. } => SecretKind::Password,
            Self::Passkey(passkey) => passkey.kind,
            Self::RemovePasskey(place) => SecretKind::Passkey(*place),
            Self::RecoveryKey(_) | Self::Test | Self::Delete => SecretKind::RecoveryKey,
        }
    }

    fn secret(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Password { new, .. } => Secret::password(new).bytes,
            Self::RecoveryKey(key) => key.secret(),
            Self::Passkey(passkey) => passkey.bytes.clone(),
            Self::SecretKey { password, .. } => password.bytes.clone(),
            Self::RemovePasskey(_) | Self::Test | Self::Delete => Zeroizing::default(),
        }
    }
}

impl Again {
    fn of(ticket: Option<&Ticket>) -> Self {
        if ticket.is_some_and(|ticket| ticket.again) { Self::Maybe } else { Self::No }
    }
}

/// What the new way in was made by.
struct MadeBy {
    keystore: u64,
    secret_key: Option<SecretKey>,
}

/// A password that may be made one.
pub(super) fn new_password(new: &str) -> Result<(), Trouble> {
    if is_recovery_key(new) {
        Err(Trouble::IsRecoveryKey)
    } else if looks_like_secret_key(new) {
        Err(Trouble::SecretKey(SecretKeyTrouble::NewPassword))
    } else {
        check_password(new)
    }
}

/// Either secret, told apart by its form.
pub(super) fn either(current: &str) -> Result<Secret, Trouble> {
    if looks_like_secret_key(current) {
        return Err(Trouble::SecretKey(SecretKeyTrouble::Misplaced));
    }
    if is_recovery_key(current) { Secret::recovery_key(current) } else { Ok(Secret::password(current)) }
}

impl<R: CryptoRng> Machine<R> {
    /// One of the tasks about secrets.
    pub(super) fn secret(&mut self, task: Later) {
        let Phase::SignedIn(session) = &mut self.phase else {
            return task.ask().into_iter().for_each(|ask| self.hands.fail(ask, Trouble::SignedOut));
        };
        let hands = &mut self.hands;
        match task {
            Later::Secret { ask, question } => session.ask_secret(hands, ask, question),
            Later::SecretAnswer { call, result } => {
                let done = session.secret_answer(hands, call, result);
                done.unwrap_or_else(|_| self.session_ended());
            }
            Later::SecretTurn => session.secret_step(hands),
            Later::SecretTime => session.secret_time(hands),
            _ => {}
        }
    }
}

impl Session {
    fn ask_secret<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, question: Question) {
        match question {
            Question::ChangePassword(q) => self.change_password(hands, ask, q),
            Question::ReplaceRecoveryKey(q) => self.replace_recovery_key(hands, ask, q.current, q.ticket),
            Question::TestRecoveryKey(q) => self.test_recovery_key(hands, ask, q.key),
            Question::AddPasskey(q) => self.add_passkey(hands, ask, q),
            Question::RemovePasskey(q) => self.remove_passkey(hands, ask, q.current, q.place),
            Question::DeleteAccount(q) => self.delete_account(hands, ask, q.current),
            Question::SecretKey(q) => match q.step.open() {
                Some(step) => self.ask_secret_key(hands, ask, step),
                None => hands.fail(ask, fault("step")),
            },
            _ => {}
        }
    }

    /// A statement that this is about to sign, or has signed.
    pub(super) fn change_signs(&self) -> bool {
        self.change.as_ref().is_some_and(|change| matches!(change.goal, Goal::SecretKey { .. }))
    }

    /// Whether a new recovery key would be lost with its answer, by which alone it is shown. A relay that keeps that back does
    /// not keep the browser open for long; nor does anything else that is going on: one of two secrets opens in any case.
    pub(super) fn must_finish(&self) -> bool {
        self.change.as_ref().is_some_and(|change| {
            matches!((&change.goal, &change.step), (Goal::RecoveryKey(_), Step::Finishing(_)))
                && change.tries < MOST_TRIES
        })
    }

    fn change_password<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        ChangePassword { current, new, end_others, ticket }: ChangePassword,
    ) {
        let (current, new) = (current.map(Zeroizing::new), Zeroizing::new(new));
        let again = Again::of(ticket.as_ref());
        let current = new_password(&new).and_then(|()| match &current {
            Some(current) => either(current).map(Some),
            // The recovery key has been typed a moment ago. How long ago that may be, the relay says.
            None if self.by_recovery_key => Ok(None),
            // Or else in the session of a worker that is gone, and with it that it was.
            None if again == Again::Maybe => Ok(None),
            None => Err(Trouble::LoginFailed),
        });
        match current {
            Ok(current) => self.change(hands, ask, Goal::Password { new, end_others }, current, again),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    fn replace_recovery_key<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        current: String,
        ticket: Option<Ticket>,
    ) {
        match either(&Zeroizing::new(current)) {
            Ok(current) => {
                let again = Again::of(ticket.as_ref());
                let key = match ticket {
                    Some(ticket) => RecoveryKey::of(ticket.recovery),
                    None => RecoveryKey::make(&mut hands.rng),
                };
                self.change(hands, ask, Goal::RecoveryKey(key), Some(current), again);
            }
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    fn test_recovery_key<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, key: String) {
        match Secret::recovery_key(&Zeroizing::new(key)) {
            Ok(key) => self.change(hands, ask, Goal::Test, Some(key), Again::No),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    fn add_passkey<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        AddPasskey { current, place, computed }: AddPasskey,
    ) {
        let passkey = Secret::passkey(place, *Zeroizing::new(computed));
        match passkey.and_then(|passkey| Ok((passkey, either(&Zeroizing::new(current))?))) {
            Ok((passkey, current)) => self.change(hands, ask, Goal::Passkey(passkey), Some(current), Again::No),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    fn remove_passkey<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, current: String, place: u8) {
        let place = PasskeyPlace::from_number(place).ok_or(Trouble::NotFound);
        match place.and_then(|place| Ok((place, either(&Zeroizing::new(current))?))) {
            Ok((place, current)) => self.change(hands, ask, Goal::RemovePasskey(place), Some(current), Again::No),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    fn delete_account<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, current: String) {
        match either(&Zeroizing::new(current)) {
            Ok(current) => self.change(hands, ask, Goal::Delete, Some(current), Again::No),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    /// The account was not deleted: its session goes on.
    pub(super) fn not_deleted<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.change = None;
        self.renew_slot(hands);
    }

    pub(super) fn change<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        goal: Goal,
        current: Option<Secret>,
        again: Again,
    ) {
        if self.change.is_some() || self.is_being_rescued() {
            return hands.fail(ask, Trouble::Busy);
        }
        let mut change = Change { ask, goal, step: Step::Done, tries: 0, made_by: None, next: None, again };
        match current {
            Some(current) => {
                let share =
                    if matches!(change.goal, Goal::Test | Goal::Delete | Goal::RemovePasskey(_)) { 1.0 } else { PROOF };
                self.prove(hands, &mut change, current, (0.0, share));
            }
            None if again == Again::Maybe => self.look(hands, &mut change, false),
            None => {
                if let Err(trouble) = change.start(hands) {
                    return hands.fail(ask, trouble);
                }
            }
        }
        self.change = Some(Box::new(change));
    }

    fn prove<R: CryptoRng>(&self, hands: &mut Hands<R>, change: &mut Change, secret: Secret, share: (f32, f32)) {
        let name = self.account.me.username().clone();
        let call = |call| Call::Secret(SecretCall::Login(call));
        change.step = Step::Proving(Box::new(Login::begin(hands, name, secret, (Task::Secret, share), call)));
    }

    /// Signs in with the new secret: if that opens the account, it has been put in place before.
    fn look<R: CryptoRng>(&self, hands: &mut Hands<R>, change: &mut Change, typed: bool) {
        change.again = Again::Looking { typed };
        let new = Secret { kind: change.goal.kind(), bytes: change.goal.secret() };
        self.prove(hands, change, new, (PROOF, 1.0 - PROOF));
    }

    /// An answer of the relay's. An error if the session is over.
    fn secret_answer<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        call: SecretCall,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let Some(mut change) = self.change.take() else { return Ok(()) };
        let done = match call {
            SecretCall::Login(LoginCall::Finished) => self.proved(hands, &mut change, result),
            SecretCall::Finished => return self.replaced(hands, change, result),
            SecretCall::Removed => body_of(result).map(|_| true),
            call => change.answer(hands, call, result).map(|()| false),
        };
        self.go_on(hands, change, done)
    }

    /// The long steps, one at a time.
    fn secret_step<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let Some(mut change) = self.change.take() else { return };
        let done = match &mut change.step {
            Step::Proving(login) => login.stretch(hands).map(|asked| {
                // From now on the relay may have ended the session that this browser still has.
                self.replacing |= asked;
                false
            }),
            Step::Register(..) => change.register(hands, &self.account).map(|()| false),
            Step::Try(..) => change.try_out(hands, &mut self.account).map(|()| false),
            _ => Ok(false),
        };
        // A step by itself never finds the session over.
        let _ = self.go_on(hands, change, done);
    }

    fn go_on<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        mut change: Box<Change>,
        done: Result<bool, Trouble>,
    ) -> Result<(), Trouble> {
        if change.next.is_some() && done.as_ref().is_err_and(|trouble| *trouble != Trouble::SessionEnded) {
            self.state_again(hands);
        }
        match done {
            Ok(false) => self.change = Some(change),
            Ok(true) => self.done(hands, *change, 0),
            Err(Trouble::LoginFailed | Trouble::RecoveryKeyFailed) if change.again == Again::Maybe => {
                self.look(hands, &mut change, true);
                self.change = Some(change);
            }
            // It was not done, and nothing has been typed that could do it now.
            Err(Trouble::LoginFailed) if change.again == (Again::Looking { typed: false }) => {
                hands.fail(change.ask, Trouble::LoginTooOld);
            }
            Err(Trouble::SessionEnded) => {
                hands.fail(change.ask, Trouble::SessionEnded);
                return Err(Trouble::SessionEnded);
            }
            Err(trouble) => hands.fail(change.ask, trouble),
        }
        Ok(())
    }

    /// The proof has been given, or refused. True if that was all.
    fn proved<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        change: &mut Change,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<bool, Trouble> {
        let Step::Proving(login) = &mut change.step else { return Err(fault("secret-order")) };
        self.replacing = false;
        let kind = login.kind();
        let finished = login.finished(result);
        if finished.is_ok() {
            hands.forget_older_refusals();
        }
        // The relay may have taken the session or not: the line finds out.
        self.renew_line(hands);
        // Another browser may have changed meanwhile what is needed beside the password.
        finished?;
        self.take_in_keys(hands, login.vault()?);
        let (me, amk, _) = login.open(self.account.keys.secret_key.as_ref())?;
        if me.account_id() != self.me() || !amk.is(&self.account.amk) {
            return Err(Trouble::KeystoreDamaged);
        }
        if matches!(change.goal, Goal::Delete) {
            hands.http(api::ACCOUNT_DELETE, Some(Vec::new()), Call::Delete(change.ask));
            return Ok(false);
        }
        self.renew_slot(hands);
        if kind == SecretKind::RecoveryKey {
            self.note_tested(hands);
        }
        if let Goal::RemovePasskey(place) = change.goal {
            hands.post(api::PASSKEYS_REMOVE, &RemovePasskey { place }, Call::Secret(SecretCall::Removed));
            return Ok(false);
        }
        if matches!(change.goal, Goal::Test) || matches!(change.again, Again::Looking { .. }) {
            return Ok(true);
        }
        if let Goal::SecretKey { key, .. } = &change.goal
            && self.uses(key.as_ref())
        {
            return Ok(true);
        }
        change.start(hands).map(|()| false)
    }

    /// The last answer.
    fn replaced<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        mut change: Box<Change>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let ended = match parsed::<Ended>(result) {
            Ok(ended) => ended.ended,
            // Where it may have been done, it is asked again until that is known.
            Err(trouble) => {
                let pause = pause_before_again(&trouble, change.tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
                let Some(after_ms) = pause else {
                    // The proof was good: what is gone is the relay's memory of the try, and nothing was replaced.
                    let late = trouble == Trouble::LoginFailed && change.again != Again::Maybe;
                    return self.go_on(hands, change, Err(if late { Trouble::LoginTooOld } else { trouble }));
                };
                change.tries = change.tries.saturating_add(1);
                hands.push(Effect::Timer { timer: Timer::Secret, after_ms });
                self.change = Some(change);
                return Ok(());
            }
        };
        progress(hands, 1.0);
        let next = change.next.take();
        self.done(hands, *change, ended);
        if let Some(next) = next {
            self.take_next(hands, *next);
        }
        Ok(())
    }

    fn done<R: CryptoRng>(&mut self, hands: &mut Hands<R>, change: Change, ended: u32) {
        match change.goal {
            Goal::Password { .. } => {
                self.by_recovery_key = false;
                hands.answer::<ChangePassword>(change.ask, &Ok(ended));
            }
            Goal::RecoveryKey(key) => {
                // Before anything that this browser's storage could refuse: the old one is gone, and this one is shown now
                // or never.
                let text = RecoveryKeyText(key.to_string());
                hands.answer::<signet_ask::ReplaceRecoveryKey>(change.ask, &Ok(text));
                self.note_made(hands);
            }
            Goal::Passkey(_) => hands.answer::<AddPasskey>(change.ask, &Ok(())),
            Goal::RemovePasskey(_) => hands.answer::<signet_ask::RemovePasskey>(change.ask, &Ok(())),
            Goal::Test => hands.answer::<signet_ask::TestRecoveryKey>(change.ask, &Ok(())),
            Goal::SecretKey { key, .. } => {
                let view = SecretKeyView {
                    key: key.as_ref().map(shown),
                    stays: hands.kept.as_ref().is_some_and(|kept| kept.stays),
                };
                hands.answer::<signet_ask::SecretKey>(change.ask, &Ok(view));
            }
            // Ends elsewhere.
            Goal::Delete => {}
        }
    }

    fn secret_time<R: CryptoRng>(&self, hands: &mut Hands<R>) {
        if let Some(Step::Finishing(body)) = self.change.as_ref().map(|change| &change.step) {
            hands.http(api::SECRET_FINISH, Some(body.clone()), Call::Secret(SecretCall::Finished));
        }
    }
}

impl Change {
    fn start<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        let started = Registration::start(&self.goal.secret(), &mut hands.rng);
        let (registration, request) = started.map_err(|_| fault("opaque"))?;
        self.step = Step::Starting(registration);
        hands.post(
            api::SECRET_START,
            &SecretStart { kind: self.goal.kind(), request },
            Call::Secret(SecretCall::Started),
        );
        progress(hands, PROOF);
        Ok(())
    }

    fn answer<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        call: SecretCall,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        match (call, core::mem::replace(&mut self.step, Step::Done)) {
            (SecretCall::Login(LoginCall::About), Step::Proving(mut login)) => {
                login.about(hands, result)?;
                self.step = Step::Proving(login);
            }
            (SecretCall::Login(LoginCall::Started), Step::Proving(mut login)) => {
                login.started(hands, result)?;
                self.step = Step::Proving(login);
            }
            (SecretCall::Started, Step::Starting(registration)) => {
                self.step = Step::Register(registration, parsed::<SecretStarted>(result)?);
                hands.push(Effect::Continue);
            }
            (SecretCall::Pending, Step::Pending) => {
                body_of(result)?;
                let started = signet_crypto::Login::start(&self.goal.secret(), &mut hands.rng);
                let (login, ke1) = started.map_err(|_| fault("opaque"))?;
                self.step = Step::Trying(login);
                let request = SecretTry { kind: self.goal.kind(), ke1 };
                hands.post(api::SECRET_TRY, &request, Call::Secret(SecretCall::Tried));
            }
            (SecretCall::Tried, Step::Trying(login)) => {
                let tried = parsed::<SecretTried>(result).map_err(|trouble| match trouble {
                    // Another session's change took the place of this one.
                    Trouble::NoSuchUser => Trouble::ChangedElsewhere,
                    other => other,
                })?;
                self.step = Step::Try(login, tried);
                hands.push(Effect::Continue);
            }
            _ => return Err(fault("secret-order")),
        }
        Ok(())
    }

    /// Stretches the new secret and lays the master key, sealed under it, beside the old way in.
    fn register<R: CryptoRng>(&mut self, hands: &mut Hands<R>, account: &Account) -> Result<(), Trouble> {
        let Step::Register(registration, started) = core::mem::replace(&mut self.step, Step::Pending) else {
            return Err(fault("secret-order"));
        };
        let profile = KdfProfile::NEWEST;
        let (record, export) =
            registration.finish(&started.response, profile, &mut hands.rng).map_err(|_| Trouble::RelayNonsense)?;
        let secret_key = match &self.goal {
            Goal::SecretKey { key, .. } => key.clone(),
            // Whatever else changes: what the keystore says is needed is needed.
            _ => account.keys.secret_key.clone(),
        };
        let (kind, id) = (self.goal.kind(), account.id());
        let unlock = UnlockKey::derive(&export, kind, secret_key.as_ref(), id, profile);
        let slot = account.amk.seal_slot(&unlock, kind, id, account.ik(), &mut hands.rng);
        self.made_by = Some(MadeBy { keystore: account.keystore.number, secret_key });
        let request = SecretPending { kind: self.goal.kind(), profile, access: Access { record, slot } };
        hands.post(api::SECRET_PENDING, &request, Call::Secret(SecretCall::Pending));
        progress(hands, 0.65);
        Ok(())
    }

    /// Opens with the new secret what the relay would hand out from now on. Only if that is this account's master key may
    /// the old way in go.
    fn try_out<R: CryptoRng>(&mut self, hands: &mut Hands<R>, account: &mut Account) -> Result<(), Trouble> {
        let Step::Try(login, tried) = core::mem::replace(&mut self.step, Step::Done) else {
            return Err(fault("secret-order"));
        };
        let (kind, id, ik) = (self.goal.kind(), account.id(), account.ik());
        let made_by = self.made_by.take().ok_or_else(|| fault("secret-order"))?;
        let secret_key = made_by.secret_key.as_ref();
        let (ke3, opened) = open_tried(hands, login, &tried, (kind, secret_key), id, ik)?;
        if !opened.is(&account.amk) {
            return Err(Trouble::KeystoreDamaged);
        }
        // A keystore that came meanwhile may say otherwise.
        if kind == SecretKind::Password && account.keystore.number != made_by.keystore {
            return Err(Trouble::ChangedElsewhere);
        }
        let keys = match &self.goal {
            Goal::SecretKey { key, .. } => {
                let (next, put) = NextKeys::make(hands, account, key.clone())?;
                self.next = Some(Box::new(next));
                WithKeys::Next(put)
            }
            Goal::Password { .. } => WithKeys::Of(made_by.keystore),
            _ => WithKeys::Whatever,
        };
        let end_others = matches!(self.goal, Goal::Password { end_others: true, .. });
        let body = SecretFinish { login_id: tried.login_id, ke3, end_others, keys }.to_bytes();
        hands.http(api::SECRET_FINISH, Some(body.clone()), Call::Secret(SecretCall::Finished));
        self.step = Step::Finishing(body);
        progress(hands, 0.95);
        Ok(())
    }
}

/// The last message of a login on a new way in, and the master key that it opens.
pub(super) fn open_tried<R: CryptoRng>(
    hands: &mut Hands<R>,
    login: signet_crypto::Login,
    tried: &SecretTried,
    (kind, secret_key): (SecretKind, Option<&SecretKey>),
    id: AccountId,
    ik: IkHash,
) -> Result<(Vec<u8>, MasterKey), Trouble> {
    let profile = KdfProfile::from_number(tried.profile).ok_or(Trouble::WeakProfile)?;
    let origin = hands.origin.trim_end_matches('/').to_owned();
    let finished = login.finish(&tried.ke2, profile, &origin, &mut hands.rng);
    let (ke3, export) = finished.map_err(|error| match error {
        OpaqueError::WrongSecret => Trouble::KeystoreDamaged,
        _ => Trouble::RelayNonsense,
    })?;
    let unlock = UnlockKey::derive(&export, kind, secret_key, id, profile);
    let opened = MasterKey::open_slot(&unlock, kind, id, ik, &tried.slot).map_err(|_| Trouble::KeystoreDamaged)?;
    Ok((ke3, opened))
}

fn progress<R: CryptoRng>(hands: &mut Hands<R>, done: f32) {
    hands.event(Event::Progress(Progress { task: Task::Secret, done, left: None }));
}
