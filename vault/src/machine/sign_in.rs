//! Signing in with the password alone, from any browser; or with the recovery key that a sign-up has just made.

use rand_core::CryptoRng;
use signet_ask::{Event, Progress, Task, Trouble};
use signet_crypto::{ExportKey, Login, MasterKey, OpaqueError, UnlockKey};
use signet_shared::{
    Username,
    api::{self, About, LoginFinish, LoginStart, LoginStarted, Vault},
    opaque::{KdfProfile, SecretKind},
};
use zeroize::Zeroizing;

use super::{
    AskId, Effect, HttpAnswer, Machine, NoAnswer, Phase,
    account::{Account, Version, open_account, own_statements},
    hands::{Call, Hands, check_origin, fault, parsed},
    local::Device,
    opening::Reply,
    state::State,
};

pub(super) struct SignIn {
    /// Who is to hear of it.
    reply: Reply,
    username: Username,
    secret: LoginSecret,
    stay: bool,
    public_url: String,
    step: Step,
}

/// What opens the account.
pub(super) struct LoginSecret {
    pub(super) kind: SecretKind,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

enum Step {
    About,
    Started(Login),
    Stretch(Login, LoginStarted, KdfProfile),
    Finishing(ExportKey, KdfProfile),
    Done,
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn sign_in(&mut self, ask: AskId, username: &str, password: String, stay: bool) {
        let password = Zeroizing::new(password);
        let Ok(username) = username.parse::<Username>() else { return self.hands.fail(ask, Trouble::BadUsername) };
        // No account has a password outside the limits: nothing to ask the relay for.
        if super::sign_up::check_password(&password).is_err() {
            return self.hands.fail(ask, Trouble::LoginFailed);
        }
        let secret = LoginSecret { kind: SecretKind::Password, bytes: Zeroizing::new(password.as_bytes().to_vec()) };
        self.sign_in_to(Reply::SignIn(ask), username, secret, stay);
    }

    /// For a sign-in, and for a sign-up that cannot tell whether the account is its own.
    pub(super) fn sign_in_to(&mut self, reply: Reply, username: Username, secret: LoginSecret, stay: bool) {
        let signing = SignIn { reply, username, secret, stay, public_url: String::new(), step: Step::About };
        self.phase = Phase::SigningIn(Box::new(signing));
        progress(&mut self.hands, 0.05);
        self.hands.http(api::ABOUT, None, Call::InAbout);
    }

    pub(super) fn sign_in_answer(&mut self, call: Call, result: Result<HttpAnswer, NoAnswer>) {
        let Phase::SigningIn(signing) = &mut self.phase else { return };
        let (reply, stay) = (signing.reply.clone(), signing.stay);
        let done = match call {
            Call::InAbout => signing.about(&mut self.hands, result),
            Call::InStarted => signing.started(&mut self.hands, result),
            _ => match signing.finished(self.hands.device.as_ref(), result) {
                Ok((account, state, version)) => {
                    progress(&mut self.hands, 1.0);
                    return self.open(account, state, version, stay, reply);
                }
                Err(trouble) => Err(trouble),
            },
        };
        if let Err(trouble) = done {
            self.sign_in_failed(reply, trouble);
        }
    }

    fn sign_in_failed(&mut self, reply: Reply, trouble: Trouble) {
        match reply {
            // The name is taken, and by somebody else.
            Reply::SignUp(ask, _) if trouble == Trouble::LoginFailed => self.give_up(ask, Trouble::UsernameTaken),
            reply => {
                self.phase = Phase::SignedOut;
                self.hands.drop_calls();
                self.not_opened(reply, &trouble);
            }
        }
    }

    pub(super) fn sign_in_step(&mut self) {
        let Phase::SigningIn(signing) = &mut self.phase else { return };
        let reply = signing.reply.clone();
        if let Err(trouble) = signing.stretch(&mut self.hands) {
            self.sign_in_failed(reply, trouble);
        }
    }
}

impl SignIn {
    pub(super) fn into_reply(self) -> Reply {
        self.reply
    }

    fn about<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let about = parsed::<About>(result)?;
        check_origin(&about, &hands.origin)?;
        self.public_url = about.public_url;
        let (login, ke1) = Login::start(&self.secret.bytes, &mut hands.rng).map_err(|_| fault("opaque"))?;
        self.step = Step::Started(login);
        let request = LoginStart { username: self.username.clone(), kind: self.secret.kind, ke1 };
        hands.post(api::LOGIN_START, &request, Call::InStarted);
        progress(hands, 0.1);
        Ok(())
    }

    fn started<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let started = parsed::<LoginStarted>(result)?;
        // Before the password is used: a weak profile would let the relay guess cheaply.
        let profile = KdfProfile::from_number(started.profile).ok_or(Trouble::WeakProfile)?;
        let Step::Started(login) = core::mem::replace(&mut self.step, Step::Done) else {
            return Err(fault("sign-in-order"));
        };
        self.step = Step::Stretch(login, started, profile);
        progress(hands, 0.2);
        hands.push(Effect::Continue);
        Ok(())
    }

    fn stretch<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<(), Trouble> {
        let Step::Stretch(login, started, profile) = core::mem::replace(&mut self.step, Step::Done) else {
            return Ok(());
        };
        let finished = login.finish(&started.ke2, profile, &self.public_url, &mut hands.rng);
        let (ke3, export) = finished.map_err(|error| match error {
            OpaqueError::WrongSecret => Trouble::LoginFailed,
            _ => Trouble::RelayNonsense,
        })?;
        self.step = Step::Finishing(export, profile);
        progress(hands, 0.8);
        hands.post(api::LOGIN_FINISH, &LoginFinish { login_id: started.login_id, ke3 }, Call::InFinished);
        Ok(())
    }

    fn finished(
        &mut self,
        device: Option<&Device>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(Account, State, Version), Trouble> {
        let vault = parsed::<Vault>(result)?;
        let Step::Finishing(export, profile) = core::mem::replace(&mut self.step, Step::Done) else {
            return Err(fault("sign-in-order"));
        };
        let me = own_statements(&vault)?;
        if *me.username() != self.username {
            return Err(Trouble::BadStatement);
        }
        let (id, ik) = (me.account_id(), me.ik_hash());
        let unlock = UnlockKey::derive(&export, id, profile);
        let amk = MasterKey::open_slot(&unlock, self.secret.kind, id, ik, &vault.slot)
            .map_err(|_| Trouble::KeystoreDamaged)?;
        open_account(me, amk, &vault, device)
    }
}

fn progress<R: CryptoRng>(hands: &mut Hands<R>, done: f32) {
    hands.event(Event::Progress(Progress { task: Task::SignIn, done, left: None }));
}
