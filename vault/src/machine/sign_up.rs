//! Making an account: names first (a taken one costs no keys), then keys in steps, then everything to the relay at once.

use rand_core::CryptoRng;
use signet_ask::{
    BeginAnew, Connection, Event, Progress, Question, RecoveryKeyText, RecoveryStatus, Task, Ticket, Trouble,
};
use signet_crypto::{
    Aad, ExportKey, KeyMaker, Keyring, Making, MasterKey, Purpose, RecoveryKey, Registration, UnlockKey,
    VerifiedAccount, make_first_statement, make_next_statement, seal_keystore, seal_object,
};
use signet_shared::{
    Username,
    api::{
        self, About, Access, AnewFinish, AnewStart, AnewStarted, Body, Claim, RegisterFinish, RegisterStart,
        RegisterStarted,
    },
    envelope::Suite,
    limits,
    opaque::{KdfProfile, SecretKind},
};
use zeroize::Zeroizing;

use super::{
    AskId, Effect, HttpAnswer, Machine, NoAnswer, Phase, Timer,
    account::{open_account, own_statements, parse_chain},
    hands::{Call, Hands, back_off, check_origin, fault, parsed},
    local::Device,
    login,
    opening::Reply,
    renew::EK_AGE_MS,
    sign_in::is_recovery_key,
    state::State,
};

/// The share of the bar that key making takes.
const KEYS_SHARE: f32 = 0.75;
const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;

pub(super) struct SignUp {
    ask: AskId,
    username: Username,
    password: Zeroizing<String>,
    stay: bool,
    recovery: RecoveryKey,
    step: Step,
    amk: Option<MasterKey>,
    /// The account as it was sent to the relay. From then on it may exist, and nothing else is ever made of this sign-up:
    /// without an answer the same bytes are sent again, which the relay takes for what they are.
    sent: Option<Vec<u8>>,
    /// The account may exist: an answer got lost, or another worker was asked the same before.
    unsure: bool,
    tries: u32,
    /// No new account, but one that begins anew.
    anew: Option<Anew>,
}

struct Anew {
    claim: Claim,
    /// What the new identity goes on from.
    ground: Option<(VerifiedAccount, u64, u64)>,
}

/// Browsers that are still signed in may write the state so often while the new identity is made.
const STATES_BETWEEN: u64 = 1000;
/// No account comes so far.
const HIGHEST_VERSION: u64 = 1 << 48;

enum Step {
    About,
    Started(Registration, Registration),
    Keys(Box<KeyMaker>, Begun),
    Password(Keyring, Begun),
    Recovery(Keyring, Registration, Vec<u8>, Secret),
    Finishing,
}

/// OPAQUE registrations under way: password and recovery key, with the relay's answers.
struct Begun {
    password: Registration,
    recovery: Registration,
    answers: RegisterStarted,
}

/// A finished registration.
struct Secret {
    record: Vec<u8>,
    export: ExportKey,
}

pub(super) fn check_password(password: &str) -> Result<(), Trouble> {
    let chars = password.chars().count();
    if (limits::PASSWORD_MIN..=limits::PASSWORD_MAX).contains(&chars) { Ok(()) } else { Err(Trouble::BadPassword) }
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn sign_up(&mut self, ask: AskId, username: &str, password: String, stay: bool, ticket: Option<Ticket>) {
        let password = Zeroizing::new(password);
        let Ok(username) = username.parse::<Username>() else { return self.hands.fail(ask, Trouble::BadUsername) };
        if is_recovery_key(&password) {
            return self.hands.fail(ask, Trouble::IsRecoveryKey);
        }
        if let Err(trouble) = check_password(&password) {
            return self.hands.fail(ask, trouble);
        }
        self.make_account(ask, username, password, stay, ticket, None);
    }

    /// Under the name that this browser has asked for.
    pub(super) fn begin_anew(&mut self, ask: AskId, question: BeginAnew) {
        let again = question.ticket.as_ref().is_some_and(|ticket| ticket.again);
        let attaches = match &self.phase {
            Phase::Attaching(_) => true,
            Phase::Opening(opening) => matches!(opening.reply, Reply::Attach(_)),
            _ => false,
        };
        if again && attaches {
            // The worker before this one had let go of what opens there.
            self.leave_for_anew();
            return self.ask(ask, Question::BeginAnew(question));
        }
        let BeginAnew { password, stay, anyway, ticket } = question;
        let password = Zeroizing::new(password);
        let username = match (&self.hands.anew, &self.hands.device) {
            (Some(claimed), _) => claimed.username.parse::<Username>().ok(),
            // The worker before this one may have come to the end.
            (None, Some(device)) if again => device.username.parse().ok(),
            _ => None,
        };
        let Some(username) = username else { return self.hands.fail(ask, Trouble::AnewGone) };
        let fits = if is_recovery_key(&password) { Err(Trouble::IsRecoveryKey) } else { check_password(&password) };
        if let Err(trouble) = fits {
            return self.hands.fail(ask, trouble);
        }
        match &self.phase {
            Phase::SignedOut => {}
            // Whoever asked from here.
            Phase::SignedIn(session) if *session.account.me.username() == username => {
                if !anyway && session.unsent() != (0, 0) {
                    let username = username.shown().to_owned();
                    return self.hands.fail(ask, Trouble::OthersUnsent { username });
                }
                self.hands.left = false;
                self.leave_for_anew();
            }
            // Somebody has signed in to another one since: what the page shows is out of date.
            Phase::SignedIn(_) => return self.hands.fail(ask, Trouble::NotFound),
            _ => return self.hands.fail(ask, Trouble::Busy),
        }
        let anew = self.hands.anew.as_ref().map(|claimed| Anew { claim: claimed.claim, ground: None });
        let over = anew.is_none();
        self.make_account(ask, username, password, stay, ticket, anew);
        if over {
            self.sign_in_anew();
        }
    }

    fn leave_for_anew(&mut self) {
        self.leave();
        let status = self.signed_out_status();
        self.hands.event(Event::Status(status));
    }

    fn make_account(
        &mut self,
        ask: AskId,
        username: Username,
        password: Zeroizing<String>,
        stay: bool,
        ticket: Option<Ticket>,
        anew: Option<Anew>,
    ) {
        let unsure = ticket.as_ref().is_some_and(|ticket| ticket.again);
        let recovery = match ticket {
            Some(ticket) => RecoveryKey::of(ticket.recovery),
            None => RecoveryKey::make(&mut self.hands.rng),
        };
        let up = SignUp {
            ask,
            username,
            password,
            stay,
            recovery,
            step: Step::About,
            amk: None,
            sent: None,
            unsure,
            tries: 0,
            anew,
        };
        self.phase = Phase::SigningUp(Box::new(up));
        progress(&mut self.hands, 0.0);
        self.hands.http(api::ABOUT, None, Call::UpAbout);
    }

    pub(super) fn cancel_sign_up(&mut self, ask: AskId) {
        if let Phase::SigningUp(up) = &self.phase {
            // The account may exist: its recovery key has to be shown.
            if up.sent.is_some() {
                return self.hands.fail(ask, Trouble::Busy);
            }
            let running = up.ask;
            self.give_up(running, Trouble::Cancelled);
        }
        self.hands.answer::<signet_ask::CancelSignUp>(ask, &Ok(()));
    }

    pub(super) fn sign_up_answer(&mut self, call: Call, result: Result<HttpAnswer, NoAnswer>) {
        let Phase::SigningUp(up) = &mut self.phase else { return };
        let ask = up.ask;
        let done = match call {
            Call::UpAbout => up.about(&mut self.hands, result),
            Call::UpStarted => match up.started(&mut self.hands, result) {
                Err(Trouble::UsernameTaken | Trouble::AnewGone) if up.unsure => return self.sign_in_anew(),
                done => done,
            },
            _ => return self.sign_up_finished(result),
        };
        if let Err(trouble) = done {
            self.give_up(ask, trouble);
        }
    }

    /// One step of the long work.
    pub(super) fn sign_up_step(&mut self) {
        let Phase::SigningUp(up) = &mut self.phase else { return };
        let ask = up.ask;
        if let Err(trouble) = up.work(&mut self.hands) {
            self.give_up(ask, trouble);
        }
    }

    fn sign_up_finished(&mut self, result: Result<HttpAnswer, NoAnswer>) {
        let Phase::SigningUp(up) = &mut self.phase else { return };
        let (ask, stay) = (up.ask, up.stay);
        let text = RecoveryKeyText(up.recovery.to_string());
        let vault = match parsed::<api::Vault>(result) {
            Ok(vault) => vault,
            // Nobody, or somebody between here and the relay, has answered.
            // Or the relay has, whose store may have taken it all the same.
            Err(Trouble::Unreachable | Trouble::RelayNonsense | Trouble::RelayStore) => {
                up.unsure = true;
                return up.send_later(&mut self.hands);
            }
            Err(Trouble::TooMany { .. }) if up.unsure => return up.send_later(&mut self.hands),
            // After a long time the relay says so of an account of one's own too.
            Err(Trouble::UsernameTaken | Trouble::NoSuchUser) if up.unsure => return self.sign_in_anew(),
            Err(Trouble::NoSuchUser) if up.anew.is_some() => return self.give_up(ask, Trouble::AnewGone),
            Err(trouble) => return self.give_up(ask, trouble),
        };
        // What the relay hands back is opened as any sign-in would: if it kept something else, that shows now.
        let opened = up.amk.take().ok_or_else(|| fault("sign-up-order")).and_then(|amk| {
            let me = own_statements(&vault)?;
            if *me.username() != up.username {
                return Err(Trouble::BadStatement);
            }
            open_account(me, amk, &vault, None)
        });
        match opened {
            Ok((account, state, version)) => {
                progress(&mut self.hands, 1.0);
                self.open(account, state, version, stay, Reply::SignUp(ask, text));
            }
            Err(trouble) => self.give_up(ask, trouble),
        }
    }

    /// Whether an account is the one that this sign-up has made, its recovery key shows: nobody else has that. The password
    /// would open an older account of the same person too, and a key be shown that does not.
    fn sign_in_anew(&mut self) {
        let Phase::SigningUp(up) = &self.phase else { return };
        let reply = Reply::SignUp(up.ask, RecoveryKeyText(up.recovery.to_string()));
        let (username, stay) = (up.username.clone(), up.stay);
        let secret = login::Secret { kind: SecretKind::RecoveryKey, bytes: up.recovery.secret() };
        self.sign_in_to(reply, username, secret, stay);
    }
}

impl SignUp {
    /// With the recovery key, if the account may exist.
    pub(super) fn into_reply(self) -> Result<Reply, AskId> {
        match self.sent {
            Some(_) => Ok(Reply::SignUp(self.ask, RecoveryKeyText(self.recovery.to_string()))),
            None => Err(self.ask),
        }
    }

    fn about<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let about = parsed::<About>(result)?;
        check_origin(&about, &hands.origin)?;
        if !about.registration_open && self.anew.is_none() {
            return Err(Trouble::RegistrationClosed);
        }
        let start = |secret: &[u8], rng: &mut R| Registration::start(secret, rng).map_err(|_| fault("opaque"));
        let (password, password_request) = start(self.password.as_bytes(), &mut hands.rng)?;
        let (recovery, recovery_request) = start(&self.recovery.secret(), &mut hands.rng)?;
        self.step = Step::Started(password, recovery);
        if let Some(anew) = &self.anew {
            let request = AnewStart { claim: anew.claim, password: password_request, recovery: recovery_request };
            hands.post(api::ANEW_START, &request, Call::UpStarted);
            return Ok(());
        }
        let request =
            RegisterStart { username: self.username.clone(), password: password_request, recovery: recovery_request };
        hands.post(api::REGISTER_START, &request, Call::UpStarted);
        Ok(())
    }

    fn started<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let answers = match &mut self.anew {
            Some(anew) => {
                let answers = anew.started(hands.device.as_ref(), &self.username, result)?;
                // The worker before this one has not come to the end, nor perhaps to asking.
                if hands.left {
                    return Err(Trouble::OthersUnsent { username: self.username.shown().to_owned() });
                }
                answers
            }
            None => parsed::<RegisterStarted>(result)?,
        };
        let Step::Started(password, recovery) = core::mem::replace(&mut self.step, Step::Finishing) else {
            return Err(fault("sign-up-order"));
        };
        self.step = Step::Keys(Box::new(KeyMaker::new(Suite::Rsa3072)), Begun { password, recovery, answers });
        hands.push(Effect::Continue);
        Ok(())
    }

    fn work<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        match core::mem::replace(&mut self.step, Step::Finishing) {
            Step::Keys(mut maker, begun) => {
                self.step = match maker.step(&mut hands.rng).map_err(|_| fault("keys"))? {
                    Making::More { done } => {
                        progress(hands, done * KEYS_SHARE);
                        Step::Keys(maker, begun)
                    }
                    Making::Done(keys) => {
                        progress(hands, KEYS_SHARE);
                        Step::Password(
                            Keyring { ik: keys.ik, eks: vec![keys.ek], former: Vec::new(), secret_key: None },
                            begun,
                        )
                    }
                    Making::Renewed(_) => return Err(fault("keys")),
                };
                hands.push(Effect::Continue);
            }
            Step::Password(keys, begun) => {
                let (record, export) = begun
                    .password
                    .finish(&begun.answers.password, KdfProfile::NEWEST, &mut hands.rng)
                    .map_err(|_| Trouble::RelayNonsense)?;
                progress(hands, 0.85);
                self.step = Step::Recovery(keys, begun.recovery, begun.answers.recovery, Secret { record, export });
                hands.push(Effect::Continue);
            }
            Step::Recovery(keys, recovery, answer, password) => {
                let (record, export) =
                    recovery.finish(&answer, KdfProfile::NEWEST, &mut hands.rng).map_err(|_| Trouble::RelayNonsense)?;
                progress(hands, 0.95);
                self.finish(hands, &keys, &password, &Secret { record, export })?;
            }
            other => self.step = other,
        }
        Ok(())
    }

    fn finish<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        keys: &Keyring,
        password: &Secret,
        recovery: &Secret,
    ) -> Result<(), Trouble> {
        let nonce = hands.random();
        let rng = &mut hands.rng;
        let not_after = hands.now.saturating_add(EK_AGE_MS);
        let made = match self.anew.as_mut().and_then(|anew| anew.ground.take()) {
            // The identity before cannot sign for this one.
            Some((mut me, keystore, state)) => {
                let statement = make_next_statement(&me, keys, None, not_after, rng);
                let own = me.extend_through_resets(core::slice::from_ref(&statement)).map(|()| me);
                own.map(|me| (me, statement, keystore.saturating_add(1), state.saturating_add(STATES_BETWEEN)))
            }
            None => {
                let statement = make_first_statement(&self.username, nonce, keys, not_after, rng);
                VerifiedAccount::verify(core::slice::from_ref(&statement)).map(|me| (me, statement, 1, 1))
            }
        };
        let (me, statement, keystore_version, state_version) = made.map_err(|_| fault("own-statement"))?;
        let amk = MasterKey::make(rng);
        let (id, ik, profile) = (me.account_id(), me.ik_hash(), KdfProfile::NEWEST);
        let keystore = seal_keystore(keys, &amk, id, keystore_version, [0; 32], rng);
        let aad = Aad { account: id, object: b"state".to_vec(), version: state_version, ik, amk_epoch: amk.epoch() };
        let dates = RecoveryStatus { made_ms: hands.now, saved_ms: None, tested_ms: None };
        let state = State { recovery: dates, ..State::default() };
        let state = seal_object(&amk.state_key(), Purpose::State, &aad, &state.to_bytes(), rng);
        let mut access = |secret: &Secret, kind: SecretKind| {
            let unlock = UnlockKey::derive(&secret.export, kind, None, id, profile);
            Access { record: secret.record.clone(), slot: amk.seal_slot(&unlock, kind, id, ik, rng) }
        };
        let password = access(password, SecretKind::Password);
        let recovery = access(recovery, SecretKind::RecoveryKey);
        let (username, statement) = (self.username.clone(), statement.to_bytes());
        let sent = match &self.anew {
            Some(Anew { claim, .. }) => AnewFinish {
                claim: *claim,
                profile,
                password,
                recovery,
                statement,
                keystore_version,
                keystore,
                state_version,
                state,
            }
            .to_bytes(),
            None => {
                RegisterFinish { username, account_id: id, profile, password, recovery, statement, keystore, state }
                    .to_bytes()
            }
        };
        self.amk = Some(amk);
        self.sent = Some(sent);
        self.send(hands);
        Ok(())
    }

    pub(super) fn send<R: CryptoRng>(&self, hands: &mut Hands<R>) {
        if self.sent.is_some() {
            let path = if self.anew.is_some() { api::ANEW_FINISH } else { api::REGISTER_FINISH };
            hands.http(path, self.sent.clone(), Call::UpFinished);
        }
    }

    fn send_later<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let pause = back_off(FIRST_PAUSE_MS, self.tries, LONGEST_PAUSE_MS);
        self.tries = self.tries.saturating_add(1);
        hands.push(Effect::Timer { timer: Timer::Retry, after_ms: pause });
        let in_ms = u32::try_from(pause).unwrap_or(u32::MAX);
        hands.event(Event::Connection(Connection::Reconnecting { in_ms }));
    }
}

impl Anew {
    fn started(
        &mut self,
        device: Option<&Device>,
        username: &Username,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<RegisterStarted, Trouble> {
        let started = parsed::<AnewStarted>(result).map_err(|trouble| match trouble {
            Trouble::NoSuchUser => Trouble::AnewGone,
            trouble => trouble,
        })?;
        let AnewStarted { password, recovery, keystore_version, state_version, statements } = started;
        // They grow by one, and there is to be room above them.
        if keystore_version.max(state_version) > HIGHEST_VERSION {
            return Err(Trouble::RelayNonsense);
        }
        let chain = parse_chain(&statements).map_err(|_| Trouble::KeystoreDamaged)?;
        let me = VerifiedAccount::verify_through_resets(&chain).map_err(|_| Trouble::KeystoreDamaged)?;
        // What this browser knows of the account holds.
        let known = device.filter(|device| device.username.parse().as_ref() == Ok(username));
        let differs = |device: &Device| {
            device.account != me.account_id() || !me.identities().iter().any(|(ik, _)| *ik == device.ik)
        };
        if me.username() != username || known.is_some_and(differs) {
            return Err(Trouble::KeystoreDamaged);
        }
        self.ground = Some((me, keystore_version, state_version));
        Ok(RegisterStarted { password, recovery })
    }
}

fn progress<R: CryptoRng>(hands: &mut Hands<R>, done: f32) {
    hands.event(Event::Progress(Progress { task: Task::SignUp, done, left: None }));
}
