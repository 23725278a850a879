//! The rescue of an account that somebody else may have got into. Everything that opens it is made anew: master key, identity
//! key, encryption key, password and recovery key.
//!
//! First a login proves who sits here, and the new recovery key is shown; the keys are made meanwhile. Once the person has
//! said that it is saved, both new secrets are laid down and tried (`secret`), and one request puts all of it in place. Up to
//! that the account opens as before, after it only by the new secrets, which the person has by then. The former master key
//! stays in the new keystore, for what it has sealed.

use rand_core::CryptoRng;
use signet_ask::{Event, Progress, RecoveryKeyText, RecoveryStatus, RescueKeys, Task as Bar, Trouble};
use signet_crypto::{
    Former, KeyMaker, Keyring, Making, MasterKey, NewKeys, Purpose, RecoveryKey, Registration, SecretKey, UnlockKey,
    VerifiedAccount, make_next_statement, object_hash, open_keystore, renewed_keystore_len, seal_keystore, seal_object,
};
use signet_shared::{
    api::{
        self, Access, Body, Ended, LastStep, PutKeys, PutState, SecretPending, SecretStart, SecretStarted, SecretTried,
        SecretTry, Vault,
    },
    envelope::Suite,
    limits,
    opaque::{KdfProfile, SecretKind},
};
use zeroize::Zeroizing;

use super::{
    AskId, Effect, HttpAnswer, Machine, NoAnswer, Phase, Task, Timer,
    account::{Account, Version, own_statements, state_aad},
    hands::{Call, Hands, body_of, fault, parsed, pause_before_again},
    login::{Login, LoginCall, Secret},
    renew::EK_AGE_MS,
    secret::{either, new_password},
    secret_key::shown,
    session::Session,
};

const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;
/// While a state is on its way, the rescue waits.
const STATE_PAUSE_MS: u64 = 300;
/// So often the state may have changed at another browser before the rescue gives up.
const ROUNDS: u32 = 5;
const WAYS: [SecretKind; 2] = [SecretKind::Password, SecretKind::RecoveryKey];

/// Which answer of the relay's is waited for.
#[derive(Debug, Clone, Copy)]
pub enum RescueCall {
    Login(LoginCall),
    Started,
    Pending,
    Tried,
    Committed,
    Looked,
}

pub(super) struct Rescue {
    /// Who waits, if anybody does.
    ask: Option<AskId>,
    recovery: RecoveryKey,
    /// Whoever got in may know the one in use.
    secret_key: Option<SecretKey>,
    keys: Keys,
    /// Signed once: for one place of the key log there is never a second statement.
    anew: Option<Box<Anew>>,
    step: Step,
    /// The last steps of the ways that have been tried.
    tried: Vec<LastStep>,
    new: Zeroizing<String>,
    tries: u32,
    rounds: u32,
}

enum Keys {
    Making(Box<KeyMaker>),
    Made(Option<Box<NewKeys>>),
}

enum Step {
    /// Nothing is under way. The recovery key may have been shown.
    Idle,
    Proving(Box<Login>),
    /// The person has it. The keys may not be made yet, or a state may be on its way.
    Confirmed,
    /// Of this one of [`WAYS`].
    Starting(usize, Registration),
    Register(usize, Registration, SecretStarted),
    Pending(usize),
    Trying(usize, signet_crypto::Login),
    Try(usize, signet_crypto::Login, SecretTried),
    /// Tried, and to be asked for in one request.
    Ready,
    /// That request, sent as it is until it is answered. A trouble: it was refused, and it is to be seen whether it was not
    /// carried out all the same.
    Committing(Box<Sent>, Option<Trouble>),
}

/// The account as it will be.
struct Anew {
    me: VerifiedAccount,
    amk: MasterKey,
    keys: Keyring,
    keystore: Vec<u8>,
    statement: Vec<u8>,
    /// What it was made from.
    from: Version,
    sent: bool,
}

struct Sent {
    body: Vec<u8>,
    state: Version,
    recovery: RecoveryStatus,
}

impl<R: CryptoRng> Machine<R> {
    /// One of the tasks of a rescue.
    pub(super) fn rescue(&mut self, task: Task) {
        let busy = self.backup.as_ref().is_some_and(|run| run.holds_the_account());
        let Phase::SignedIn(session) = &mut self.phase else {
            return task.ask().into_iter().for_each(|ask| self.hands.fail(ask, Trouble::SignedOut));
        };
        let hands = &mut self.hands;
        let done = match task {
            // A backup that is being written is signed in the end by the key that is then the account's.
            Task::PrepareRescue { ask, .. } | Task::Rescue { ask, .. } if busy => {
                hands.fail(ask, Trouble::Busy);
                Ok(())
            }
            Task::PrepareRescue { ask, current, new } => {
                session.prepare_rescue(hands, ask, &Zeroizing::new(current), &Zeroizing::new(new));
                Ok(())
            }
            Task::Rescue { ask, new } => {
                session.confirm_rescue(hands, ask, Zeroizing::new(new));
                Ok(())
            }
            Task::RescueAnswer { call, result } => session.rescue_answer(hands, call, result),
            Task::RescueTurn => {
                session.rescue_turn(hands);
                Ok(())
            }
            Task::RescueTime => {
                session.rescue_time(hands);
                Ok(())
            }
            _ => Ok(()),
        };
        if done.is_err() {
            self.session_ended();
        }
    }
}

impl Session {
    /// Whether a rescue is on its way to its end: nothing else may sign a statement, or store a state, until it is there.
    pub(super) fn is_being_rescued(&self) -> bool {
        self.rescue.as_ref().is_some_and(|rescue| !matches!(rescue.step, Step::Idle))
    }

    /// A statement that a rescue or a change of the secret key has signed may be with the relay: its place in the key log is
    /// taken.
    pub(super) fn is_place_taken(&self) -> bool {
        let sent = |rescue: &Rescue| rescue.anew.as_ref().is_some_and(|anew| anew.sent);
        self.change_signs() || self.is_being_rescued() || self.rescue.as_deref().is_some_and(sent)
    }

    fn prepare_rescue<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, current: &str, new: &str) {
        if self.change.is_some() || self.is_being_rescued() {
            return hands.fail(ask, Trouble::Busy);
        }
        let current = match new_password(new).and_then(|()| either(current)) {
            Ok(current) => current,
            Err(trouble) => return hands.fail(ask, trouble),
        };
        // Making keys takes seconds, and would be in vain.
        if renewed_keystore_len(&self.account.keys) > limits::KEYSTORE {
            return hands.fail(ask, Trouble::Full);
        }
        let name = self.account.me.username().clone();
        let call = |call| Call::Rescue(RescueCall::Login(call));
        let login = Login::begin(hands, name, current, (Bar::Secret, (0.0, 1.0)), call);
        let mut rescue = self.rescue.take().unwrap_or_else(|| Box::new(Rescue::new(hands)));
        (rescue.ask, rescue.step) = (Some(ask), Step::Proving(Box::new(login)));
        self.rescue = Some(rescue);
    }

    fn confirm_rescue<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, new: Zeroizing<String>) {
        // Its encryption key is being renewed: that statement is on its way.
        if self.change.is_some() || self.renewal.is_some() || self.is_being_rescued() {
            return hands.fail(ask, Trouble::Busy);
        }
        if let Err(trouble) = new_password(&new) {
            return hands.fail(ask, trouble);
        }
        // Of another worker, which is gone, and with it the recovery key.
        let uses = self.account.keys.secret_key.is_some();
        let Some(rescue) = self.rescue.as_mut().filter(|rescue| rescue.secret_key.is_some() == uses) else {
            return hands.fail(ask, Trouble::LoginTooOld);
        };
        (rescue.ask, rescue.step, rescue.new) = (Some(ask), Step::Confirmed, new);
        (rescue.tries, rescue.rounds) = (0, 0);
        rescue.tried.clear();
        progress(hands, 0.0);
        hands.push(Effect::Continue);
    }

    /// An error if the session is over.
    fn rescue_answer<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        call: RescueCall,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let Some(mut rescue) = self.rescue.take() else { return Ok(()) };
        let done = match call {
            RescueCall::Login(LoginCall::Finished) => self.proved_for_rescue(hands, &mut rescue, result),
            RescueCall::Committed => self.committed(hands, &mut rescue, result),
            RescueCall::Looked => self.looked(hands, &mut rescue, result),
            call => rescue.answer(hands, call, result),
        };
        self.go_on_with(hands, rescue, done)
    }

    /// The long steps, one at a time.
    fn rescue_turn<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let Some(mut rescue) = self.rescue.take() else { return };
        let done = match &mut rescue.step {
            Step::Proving(login) => login.stretch(hands).map(|asked| self.replacing |= asked),
            Step::Confirmed if matches!(rescue.keys, Keys::Making(_)) => rescue.make_keys(hands),
            Step::Confirmed => self.make_anew(hands, &mut rescue),
            Step::Idle => rescue.make_keys(hands),
            Step::Register(..) => rescue.register(hands),
            Step::Try(..) => rescue.try_out(hands),
            Step::Ready => self.commit(hands, &mut rescue),
            _ => Ok(()),
        };
        // A step by itself never finds the session over.
        let _ = self.go_on_with(hands, rescue, done);
    }

    fn rescue_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        match self.rescue.as_ref().map(|rescue| &rescue.step) {
            Some(Step::Committing(sent, None)) => {
                hands.http(api::RESCUE, Some(sent.body.clone()), Call::Rescue(RescueCall::Committed));
            }
            Some(Step::Committing(_, Some(_))) => hands.vault(Call::Rescue(RescueCall::Looked)),
            Some(Step::Ready) => hands.push(Effect::Continue),
            _ => {}
        }
    }

    fn go_on_with<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        mut rescue: Box<Rescue>,
        done: Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let ended = done == Err(Trouble::SessionEnded);
        if let Err(trouble) = done {
            if matches!(rescue.step, Step::Committing(..)) {
                self.sync.dirty = true;
            }
            rescue.step = Step::Idle;
            rescue.new = Zeroizing::default();
            if let Some(ask) = rescue.ask.take() {
                hands.fail(ask, trouble);
            }
            self.put_state_soon(hands);
        }
        // Done: the account is another.
        if !(matches!(rescue.step, Step::Committing(..)) && rescue.anew.is_none()) {
            self.rescue = Some(rescue);
        }
        if ended { Err(Trouble::SessionEnded) } else { Ok(()) }
    }

    fn proved_for_rescue<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        rescue: &mut Rescue,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let Step::Proving(login) = &mut rescue.step else { return Err(fault("rescue-order")) };
        self.replacing = false;
        let kind = login.kind();
        // The relay may have taken the session or not: the line finds out.
        self.renew_line(hands);
        login.finished(result)?;
        self.take_in_keys(hands, login.vault()?);
        hands.forget_older_refusals();
        let (me, amk, _) = login.open(self.account.keys.secret_key.as_ref())?;
        if me.account_id() != self.me() || !amk.is(&self.account.amk) {
            return Err(Trouble::KeystoreDamaged);
        }
        self.renew_slot(hands);
        if kind == SecretKind::RecoveryKey {
            self.note_tested(hands);
        }
        rescue.step = Step::Idle;
        if self.account.keys.secret_key.is_none() {
            rescue.secret_key = None;
        } else if rescue.secret_key.is_none() {
            rescue.secret_key = Some(SecretKey::make(&mut hands.rng));
        }
        if let Some(ask) = rescue.ask.take() {
            let recovery = RecoveryKeyText(rescue.recovery.to_string());
            let keys = RescueKeys { recovery, secret_key: rescue.secret_key.as_ref().map(shown) };
            hands.answer::<signet_ask::PrepareRescue>(ask, &Ok(keys));
        }
        hands.push(Effect::Continue);
        Ok(())
    }

    /// Puts the account together as it will be, from what it is.
    fn make_anew<R: CryptoRng>(&mut self, hands: &mut Hands<R>, rescue: &mut Rescue) -> Result<(), Trouble> {
        let account = &mut self.account;
        if rescue.anew.as_ref().is_none_or(|anew| anew.is_outdated(account)) {
            let Keys::Made(keys) = &mut rescue.keys else { return Err(fault("rescue-order")) };
            let Some(keys) = keys.take() else {
                // They went into a statement whose place another browser's has taken.
                rescue.keys = Keys::new();
                hands.push(Effect::Continue);
                return Ok(());
            };
            rescue.anew = Some(Box::new(Anew::make(hands, account, *keys, rescue.secret_key.as_ref())?));
        }
        rescue.start(hands, 0)
    }

    /// Everything in one request.
    fn commit<R: CryptoRng>(&mut self, hands: &mut Hands<R>, rescue: &mut Rescue) -> Result<(), Trouble> {
        if self.sync.is_putting() {
            hands.push(Effect::Timer { timer: Timer::Rescue, after_ms: STATE_PAUSE_MS });
            return Ok(());
        }
        let (Some(anew), [password, recovery]) = (&mut rescue.anew, &rescue.tried[..]) else {
            return Err(fault("rescue-order"));
        };
        if anew.is_outdated(&self.account) {
            return Err(Trouble::ChangedElsewhere);
        }
        let expected = self.sync.version.number;
        let number = expected.saturating_add(1);
        let made_ms = hands.now.max(self.state.recovery.made_ms.saturating_add(1));
        let dates = RecoveryStatus { made_ms, saved_ms: Some(hands.now), tested_ms: None };
        let before = core::mem::replace(&mut self.state.recovery, dates);
        self.checkpoint();
        let plain = Zeroizing::new(self.state.to_bytes());
        self.state.recovery = before;
        let aad = state_aad(&anew.me, &anew.amk, number);
        let state = seal_object(&anew.amk.state_key(), Purpose::State, &aad, &plain, &mut hands.rng);
        if state.len() > limits::STATE {
            return Err(Trouble::Full);
        }
        let version = Version { number, hash: object_hash(&state) };
        let body = api::Rescue {
            password: password.clone(),
            recovery: recovery.clone(),
            keys: PutKeys {
                expected: anew.from.number,
                keystore: anew.keystore.clone(),
                statement: anew.statement.clone(),
            },
            state: PutState { expected, state },
        };
        let body = body.to_bytes();
        // What changes from now on is written after it.
        self.sync.dirty = false;
        anew.sent = true;
        hands.http(api::RESCUE, Some(body.clone()), Call::Rescue(RescueCall::Committed));
        rescue.step = Step::Committing(Box::new(Sent { body, state: version, recovery: dates }), None);
        progress(hands, 0.95);
        Ok(())
    }

    fn committed<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        rescue: &mut Rescue,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let trouble = match parsed::<Ended>(result) {
            Ok(ended) => return self.rescued(hands, rescue, ended.ended),
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(trouble) => trouble,
        };
        // Where it may have been done, it is asked again until that is known.
        if let Some(after_ms) = rescue.pause(&trouble) {
            hands.push(Effect::Timer { timer: Timer::Rescue, after_ms });
            return Ok(());
        }
        if let Step::Committing(_, refused) = &mut rescue.step {
            *refused = Some(trouble);
        }
        hands.vault(Call::Rescue(RescueCall::Looked));
        Ok(())
    }

    /// The relay has refused it: what it has now says whether it was not carried out, and what took its place.
    fn looked<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        rescue: &mut Rescue,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let Step::Committing(_, Some(refused)) = &rescue.step else { return Err(fault("rescue-order")) };
        let refused = match refused {
            // The proof was good: what is gone is the relay's memory of the tries.
            Trouble::LoginFailed => Trouble::LoginTooOld,
            refused => refused.clone(),
        };
        let vault = match parsed::<Vault>(result) {
            Ok(vault) => vault,
            Err(trouble) => {
                let after_ms = rescue.pause(&trouble).ok_or(trouble)?;
                hands.push(Effect::Timer { timer: Timer::Rescue, after_ms });
                return Ok(());
            }
        };
        let (me, Some(anew)) = (own_statements(&vault)?, &rescue.anew) else { return Err(refused) };
        if me.knows(&anew.me.head()) {
            // How many sessions it has ended is not known any more.
            return self.rescued(hands, rescue, 0);
        }
        let other_state = refused == Trouble::ChangedElsewhere
            && vault.keystore_version == anew.from.number
            && rescue.rounds < ROUNDS
            && self.take_in_state(hands, &vault);
        if !other_state {
            return Err(refused);
        }
        rescue.rounds = rescue.rounds.saturating_add(1);
        rescue.step = Step::Ready;
        hands.push(Effect::Continue);
        Ok(())
    }

    /// It is done. What this browser keeps is sealed anew from now on, and what it has kept so far opens by the former key.
    fn rescued<R: CryptoRng>(&mut self, hands: &mut Hands<R>, rescue: &mut Rescue, ended: u32) -> Result<(), Trouble> {
        let (Some(anew), Step::Committing(sent, _)) = (rescue.anew.take(), &rescue.step) else {
            return Err(fault("rescue-order"));
        };
        let Anew { me, amk, keys, keystore, from, .. } = *anew;
        let version = Version { number: from.number.saturating_add(1), hash: object_hash(&keystore) };
        self.account = Account::of(me, amk, keys, version, from.hash);
        self.state.recovery = sent.recovery;
        if let Some(device) = &mut hands.device {
            device.ik = self.account.ik();
            device.keystore_version = device.keystore_version.max(version.number);
            device.slot = None;
        }
        // Stores the device too.
        self.seen_version(hands, sent.state);
        hands.keep_secret_key(&self.account);
        self.keep_state(hands);
        self.renew_slot(hands);
        self.by_recovery_key = false;
        self.own_statements_grown();
        self.set_own_keys_differ(hands, false);
        progress(hands, 1.0);
        if let Some(ask) = rescue.ask.take() {
            hands.answer::<signet_ask::Rescue>(ask, &Ok(ended));
        }
        hands.event(Event::Conversations(self.conversations()));
        // What has changed since, or was held back.
        self.put_state_soon(hands);
        self.try_held(hands, None);
        self.pump(hands);
        Ok(())
    }
}

impl Rescue {
    fn new<R: CryptoRng>(hands: &mut Hands<R>) -> Self {
        Self {
            ask: None,
            recovery: RecoveryKey::make(&mut hands.rng),
            secret_key: None,
            keys: Keys::new(),
            anew: None,
            step: Step::Idle,
            tried: Vec::new(),
            new: Zeroizing::default(),
            tries: 0,
            rounds: 0,
        }
    }

    pub(super) fn asked_by(&self) -> Option<AskId> {
        self.ask
    }

    fn make_keys<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        let Keys::Making(maker) = &mut self.keys else { return Ok(()) };
        match maker.step(&mut hands.rng).map_err(|_| fault("keys"))? {
            Making::Done(keys) => self.keys = Keys::Made(Some(Box::new(keys))),
            Making::More { done } if matches!(self.step, Step::Confirmed) => progress(hands, done * 0.4),
            Making::More { .. } => {}
            Making::Renewed(_) => return Err(fault("keys")),
        }
        hands.push(Effect::Continue);
        Ok(())
    }

    fn secret(&self, way: usize) -> Zeroizing<Vec<u8>> {
        if way == 0 { Secret::password(&self.new).bytes } else { self.recovery.secret() }
    }

    fn start<R: CryptoRng>(&mut self, hands: &mut Hands<R>, way: usize) -> Result<(), Trouble> {
        let started = Registration::start(&self.secret(way), &mut hands.rng);
        let (registration, request) = started.map_err(|_| fault("opaque"))?;
        self.step = Step::Starting(way, registration);
        let start = SecretStart { kind: kind_of(way), request };
        hands.post(api::SECRET_START, &start, Call::Rescue(RescueCall::Started));
        progress(hands, if way == 0 { 0.4 } else { 0.55 });
        Ok(())
    }

    fn begin_try<R: CryptoRng>(&mut self, hands: &mut Hands<R>, way: usize) -> Result<(), Trouble> {
        let started = signet_crypto::Login::start(&self.secret(way), &mut hands.rng);
        let (login, ke1) = started.map_err(|_| fault("opaque"))?;
        self.step = Step::Trying(way, login);
        let request = SecretTry { kind: kind_of(way), ke1 };
        hands.post(api::SECRET_TRY, &request, Call::Rescue(RescueCall::Tried));
        progress(hands, if way == 0 { 0.7 } else { 0.82 });
        Ok(())
    }

    fn answer<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        call: RescueCall,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        match (call, core::mem::replace(&mut self.step, Step::Idle)) {
            (RescueCall::Login(call), Step::Proving(mut login)) => {
                match call {
                    LoginCall::About => login.about(hands, result)?,
                    _ => login.started(hands, result)?,
                }
                self.step = Step::Proving(login);
            }
            (RescueCall::Started, Step::Starting(way, registration)) => {
                self.step = Step::Register(way, registration, parsed::<SecretStarted>(result)?);
                hands.push(Effect::Continue);
            }
            // Both are laid down before the first is tried: a login waits a minute for its second step.
            (RescueCall::Pending, Step::Pending(way)) => {
                body_of(result)?;
                if way + 1 < WAYS.len() {
                    self.start(hands, way + 1)?;
                } else {
                    self.begin_try(hands, 0)?;
                }
            }
            (RescueCall::Tried, Step::Trying(way, login)) => {
                let tried = parsed::<SecretTried>(result).map_err(|trouble| match trouble {
                    // Another session's change took the place of this one.
                    Trouble::NoSuchUser => Trouble::ChangedElsewhere,
                    other => other,
                })?;
                self.step = Step::Try(way, login, tried);
                hands.push(Effect::Continue);
            }
            _ => return Err(fault("rescue-order")),
        }
        Ok(())
    }

    /// Stretches a new secret and lays the new master key, sealed under it, beside the old way in.
    fn register<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        let (Step::Register(way, registration, started), Some(anew)) =
            (core::mem::replace(&mut self.step, Step::Idle), &self.anew)
        else {
            return Err(fault("rescue-order"));
        };
        let (profile, kind) = (KdfProfile::NEWEST, kind_of(way));
        let finished = registration.finish(&started.response, profile, &mut hands.rng);
        let (record, export) = finished.map_err(|_| Trouble::RelayNonsense)?;
        let (id, ik) = (anew.me.account_id(), anew.me.ik_hash());
        let unlock = UnlockKey::derive(&export, kind, anew.keys.secret_key.as_ref(), id, profile);
        let slot = anew.amk.seal_slot(&unlock, kind, id, ik, &mut hands.rng);
        let request = SecretPending { kind, profile, access: Access { record, slot } };
        hands.post(api::SECRET_PENDING, &request, Call::Rescue(RescueCall::Pending));
        self.step = Step::Pending(way);
        Ok(())
    }

    /// Opens with a new secret what the relay would hand out from now on.
    fn try_out<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        let (Step::Try(way, login, tried), Some(anew)) = (core::mem::replace(&mut self.step, Step::Idle), &self.anew)
        else {
            return Err(fault("rescue-order"));
        };
        let (id, ik) = (anew.me.account_id(), anew.me.ik_hash());
        let (ke3, opened) =
            super::secret::open_tried(hands, login, &tried, (kind_of(way), anew.keys.secret_key.as_ref()), id, ik)?;
        if !opened.is(&anew.amk) {
            return Err(Trouble::KeystoreDamaged);
        }
        self.tried.push(LastStep { login_id: tried.login_id, ke3 });
        if way + 1 < WAYS.len() {
            return self.begin_try(hands, way + 1);
        }
        self.step = Step::Ready;
        hands.push(Effect::Continue);
        Ok(())
    }

    fn pause(&mut self, trouble: &Trouble) -> Option<u64> {
        let pause = pause_before_again(trouble, self.tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        self.tries = self.tries.saturating_add(1);
        pause
    }
}

impl Keys {
    fn new() -> Self {
        Self::Making(Box::new(KeyMaker::new(Suite::Rsa3072)))
    }
}

impl Anew {
    fn make<R: CryptoRng>(
        hands: &mut Hands<R>,
        account: &mut Account,
        made: NewKeys,
        secret_key: Option<&SecretKey>,
    ) -> Result<Self, Trouble> {
        let (id, from, old_ik) = (account.id(), account.keystore, account.ik());
        let amk = account.amk.make_next(&mut hands.rng);
        let number = from.number.saturating_add(1);
        let not_after = hands.now.saturating_add(EK_AGE_MS);
        // For a moment the ring is the new one; what it will be is opened from what it was sealed to.
        let old = core::mem::replace(&mut account.keys.ik, made.ik);
        let old_secret_key = core::mem::replace(&mut account.keys.secret_key, secret_key.cloned());
        account.keys.eks.push(made.ek);
        account.keys.former.push(Former { amk: account.amk.again(), ik: old_ik });
        let statement = make_next_statement(&account.me, &account.keys, Some(&old), not_after, &mut hands.rng);
        let keystore = seal_keystore(&account.keys, &amk, id, number, from.hash, &mut hands.rng);
        account.keys.former.pop();
        account.keys.eks.pop();
        account.keys.ik = old;
        account.keys.secret_key = old_secret_key;

        let mut me = account.me.clone();
        me.extend(core::slice::from_ref(&statement)).map_err(|_| fault("own-statement"))?;
        let keys = open_keystore(&amk, id, number, me.ik_hash(), &keystore).map_err(|_| fault("own-keystore"))?;
        let whole = keys.ek(&me.ek().id()).is_some() && account.ek_ids.iter().all(|id| keys.ek(id).is_some());
        let fits = keystore.len() <= limits::KEYSTORE;
        if !whole || !fits {
            return Err(if whole { Trouble::Full } else { fault("own-keystore") });
        }
        Ok(Self { me, amk, keys, keystore, statement: statement.to_bytes(), from, sent: false })
    }

    /// Something else took its place.
    fn is_outdated(&self, account: &Account) -> bool {
        self.from.number != account.keystore.number || self.me.seq() != account.me.seq().saturating_add(1)
    }
}

fn kind_of(way: usize) -> SecretKind {
    WAYS.get(way).copied().unwrap_or(SecretKind::RecoveryKey)
}

fn progress<R: CryptoRng>(hands: &mut Hands<R>, done: f32) {
    hands.event(Event::Progress(Progress { task: Bar::Secret, done, left: None }));
}
