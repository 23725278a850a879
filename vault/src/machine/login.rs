//! One OPAQUE login (RFC 9807), by either secret: to sign in, or to prove once more who sits here.

use rand_core::CryptoRng;
use signet_ask::{Event, Progress, Task, Trouble};
use signet_crypto::{
    ExportKey, MasterKey, OpaqueError, RecoveryKey, SecretKey, SecretKeyId, UnlockKey, VerifiedAccount, asked_by_slot,
};
use signet_shared::{
    AccountId, Username,
    api::{self, About, EarlierStart, LoginFinish, LoginStart, LoginStarted, Vault},
    opaque::{KdfProfile, PasskeyPlace, SecretKind},
};
use zeroize::Zeroizing;

use super::{
    Effect, HttpAnswer, NoAnswer,
    account::own_statements,
    hands::{Call, Hands, check_origin, fault, parsed},
};

/// A secret as it was typed, and which of the two it is.
pub(super) struct Secret {
    pub(super) kind: SecretKind,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// Which answer of the relay's a login waits for.
#[derive(Debug, Clone, Copy)]
pub enum LoginCall {
    About,
    Started,
    Finished,
}

pub(super) struct Login {
    username: Username,
    secret: Secret,
    public_url: String,
    step: Step,
    task: Task,
    /// Where on the bar this login begins, and how much of it is its own.
    share: (f32, f32),
    call: fn(LoginCall) -> Call,
    /// By a secret of before the account began anew: the place of the last statement of then.
    earlier: Option<u64>,
}

enum Step {
    About,
    Started(signet_crypto::Login),
    Stretch(signet_crypto::Login, LoginStarted, KdfProfile),
    Finishing(ExportKey, KdfProfile),
    Finished(Box<Finished>),
    Done,
}

/// The relay has let the secret in. What it opens may need the secret key beside it.
struct Finished {
    export: ExportKey,
    profile: KdfProfile,
    me: VerifiedAccount,
    vault: Vault,
}

impl Secret {
    pub(super) fn password(password: &str) -> Self {
        Self { kind: SecretKind::Password, bytes: Zeroizing::new(password.as_bytes().to_vec()) }
    }

    pub(super) fn recovery_key(key: &str) -> Result<Self, Trouble> {
        let key = key.parse::<RecoveryKey>().map_err(|_| Trouble::BadRecoveryKey)?;
        Ok(Self { kind: SecretKind::RecoveryKey, bytes: key.secret() })
    }

    pub(super) fn again(&self) -> Self {
        Self { kind: self.kind, bytes: self.bytes.clone() }
    }

    pub(super) fn passkey(place: u8, computed: [u8; 32]) -> Result<Self, Trouble> {
        let place = PasskeyPlace::from_number(place).ok_or(Trouble::PasskeyFailed)?;
        Ok(Self { kind: SecretKind::Passkey(place), bytes: Zeroizing::new(computed.to_vec()) })
    }

    /// What to say when it does not fit.
    pub(super) fn wrong(&self) -> Trouble {
        match self.kind {
            SecretKind::Password => Trouble::LoginFailed,
            SecretKind::RecoveryKey => Trouble::RecoveryKeyFailed,
            SecretKind::Passkey(_) => Trouble::PasskeyFailed,
        }
    }
}

impl Login {
    pub(super) fn begin<R: CryptoRng>(
        hands: &mut Hands<R>,
        username: Username,
        secret: Secret,
        (task, share): (Task, (f32, f32)),
        call: fn(LoginCall) -> Call,
    ) -> Self {
        let (public_url, step, earlier) = (String::new(), Step::About, None);
        let login = Self { username, secret, public_url, step, task, share, call, earlier };
        login.progress(hands, 0.05);
        hands.http(api::ABOUT, None, call(LoginCall::About));
        login
    }

    pub(super) fn of_earlier(self, seq: u64) -> Self {
        Self { earlier: Some(seq), ..self }
    }

    pub(super) fn username(&self) -> &Username {
        &self.username
    }

    pub(super) fn kind(&self) -> SecretKind {
        self.secret.kind
    }

    pub(super) fn about<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let about = parsed::<About>(result)?;
        check_origin(&about, &hands.origin)?;
        self.public_url = about.public_url;
        let (login, ke1) =
            signet_crypto::Login::start(&self.secret.bytes, &mut hands.rng).map_err(|_| fault("opaque"))?;
        self.step = Step::Started(login);
        let (kind, call) = (self.secret.kind, (self.call)(LoginCall::Started));
        match self.earlier {
            Some(seq) => hands.post(api::EARLIER_START, &EarlierStart { seq, kind, ke1 }, call),
            None => hands.post(api::LOGIN_START, &LoginStart { username: self.username.clone(), kind, ke1 }, call),
        }
        self.progress(hands, 0.1);
        Ok(())
    }

    pub(super) fn started<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let started = parsed::<LoginStarted>(result)?;
        // Before the secret is used: a weak profile would let the relay guess cheaply.
        let profile = KdfProfile::from_number(started.profile).ok_or(Trouble::WeakProfile)?;
        let Step::Started(login) = core::mem::replace(&mut self.step, Step::Done) else {
            return Err(fault("login-order"));
        };
        self.step = Step::Stretch(login, started, profile);
        self.progress(hands, 0.2);
        hands.push(Effect::Continue);
        Ok(())
    }

    /// The long step. True once the relay has been asked for a session.
    pub(super) fn stretch<R: CryptoRng>(&mut self, hands: &mut Hands<R>) -> Result<bool, Trouble> {
        let (login, started, profile) = match core::mem::replace(&mut self.step, Step::Done) {
            Step::Stretch(login, started, profile) => (login, started, profile),
            other => {
                self.step = other;
                return Ok(false);
            }
        };
        let finished = login.finish(&started.ke2, profile, &self.public_url, &mut hands.rng);
        let (ke3, export) = finished.map_err(|error| match error {
            OpaqueError::WrongSecret => self.secret.wrong(),
            _ => Trouble::RelayNonsense,
        })?;
        self.step = Step::Finishing(export, profile);
        self.progress(hands, 0.8);
        let finish = LoginFinish { login_id: started.login_id, ke3 };
        let path = if self.earlier.is_some() { api::EARLIER_FINISH } else { api::LOGIN_FINISH };
        hands.post(path, &finish, (self.call)(LoginCall::Finished));
        Ok(true)
    }

    /// What the secret has given, once the relay has proved that it has the record.
    pub(super) fn exported(&mut self) -> Result<(ExportKey, KdfProfile), Trouble> {
        match core::mem::replace(&mut self.step, Step::Done) {
            Step::Finishing(export, profile) => Ok((export, profile)),
            _ => Err(fault("login-order")),
        }
    }

    /// The secret was right, and the relay has handed out everything.
    pub(super) fn finished(&mut self, result: Result<HttpAnswer, NoAnswer>) -> Result<(), Trouble> {
        let vault = parsed::<Vault>(result).map_err(|trouble| match trouble {
            Trouble::LoginFailed => self.secret.wrong(),
            other => other,
        })?;
        let (export, profile) = self.exported()?;
        let me = own_statements(&vault)?;
        if *me.username() != self.username {
            return Err(Trouble::BadStatement);
        }
        self.step = Step::Finished(Box::new(Finished { export, profile, me, vault }));
        Ok(())
    }

    /// What it has handed out.
    pub(super) fn vault(&self) -> Result<&Vault, Trouble> {
        match &self.step {
            Step::Finished(finished) => Ok(&finished.vault),
            _ => Err(fault("login-order")),
        }
    }

    /// Whose account it is, and the secret key that the password needs beside it, if any.
    pub(super) fn asks(&self) -> Option<(AccountId, Option<SecretKeyId>)> {
        let Step::Finished(finished) = &self.step else { return None };
        let asked = asked_by_slot(&finished.vault.slot).filter(|_| self.secret.kind == SecretKind::Password);
        Some((finished.vault.account_id, asked))
    }

    /// Who has signed in, and the master key that the secret opens.
    pub(super) fn open(
        &mut self,
        secret_key: Option<&SecretKey>,
    ) -> Result<(VerifiedAccount, MasterKey, Vault), Trouble> {
        let Step::Finished(finished) = core::mem::replace(&mut self.step, Step::Done) else {
            return Err(fault("login-order"));
        };
        let Finished { export, profile, me, vault } = *finished;
        let (id, ik) = (me.account_id(), me.ik_hash());
        let unlock = UnlockKey::derive(&export, self.secret.kind, secret_key, id, profile);
        let open = |ik| MasterKey::open_slot(&unlock, self.secret.kind, id, ik, &vault.slot);
        let amk = open(ik).map_err(|_| {
            // The secret opens the account as it was: then it is not this account that has begun anew.
            let earlier = me.identities().into_iter().any(|(earlier, _)| earlier != ik && open(earlier).is_ok());
            if earlier { Trouble::BadStatement } else { Trouble::KeystoreDamaged }
        })?;
        Ok((me, amk, vault))
    }

    pub(super) fn progress<R: CryptoRng>(&self, hands: &mut Hands<R>, done: f32) {
        hands.event(Event::Progress(Progress {
            task: self.task,
            done: self.share.0 + done * self.share.1,
            left: None,
        }));
    }
}
