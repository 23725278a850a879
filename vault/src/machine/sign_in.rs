//! Signing in with the password alone, from any browser, or with the recovery key: a typed one, or the one that a sign-up
//! has just made.

use rand_core::CryptoRng;
use signet_ask::{SecretKeyTrouble, SignInWithPasskey, Task, Trouble};
use signet_crypto::{RecoveryKey, SecretKeyId, looks_like_recovery_key};
use signet_shared::{AccountId, Username, opaque::SecretKind};
use zeroize::Zeroizing;

use super::{
    AskId, HttpAnswer, Machine, NoAnswer, Phase,
    account::open_account,
    hands::Call,
    login::{Login, LoginCall, Secret},
    opening::Reply,
    sign_out::Owed,
};

pub(super) struct SignIn {
    /// Who is to hear of it.
    pub(super) reply: Reply,
    stay: bool,
    login: Login,
}

/// Whether that is a recovery key, in a place for a password.
pub(super) fn is_recovery_key(text: &str) -> bool {
    looks_like_recovery_key(text) && text.parse::<RecoveryKey>().is_ok()
}

impl<R: CryptoRng> Machine<R> {
    pub(super) fn sign_in(&mut self, ask: AskId, username: &str, password: String, stay: bool) {
        let password = Zeroizing::new(password);
        let Ok(username) = username.parse::<Username>() else { return self.hands.fail(ask, Trouble::BadUsername) };
        if is_recovery_key(&password) {
            return self.hands.fail(ask, Trouble::IsRecoveryKey);
        }
        // No account has a password outside the limits: nothing to ask the relay for.
        if super::sign_up::check_password(&password).is_err() {
            return self.hands.fail(ask, Trouble::LoginFailed);
        }
        self.sign_in_to(Reply::SignIn(ask), username, Secret::password(&password), stay);
    }

    pub(super) fn sign_in_with_recovery_key(&mut self, ask: AskId, username: &str, key: String, stay: bool) {
        let key = Zeroizing::new(key);
        let Ok(username) = username.parse::<Username>() else { return self.hands.fail(ask, Trouble::BadUsername) };
        match Secret::recovery_key(&key) {
            Ok(secret) => self.sign_in_to(Reply::SignIn(ask), username, secret, stay),
            Err(trouble) => self.hands.fail(ask, trouble),
        }
    }

    pub(super) fn sign_in_with_passkey(
        &mut self,
        ask: AskId,
        SignInWithPasskey { username, place, computed, stay }: SignInWithPasskey,
    ) {
        let secret = Secret::passkey(place, *Zeroizing::new(computed));
        match (username.parse::<Username>(), secret) {
            (Ok(username), Ok(secret)) => self.sign_in_to(Reply::SignIn(ask), username, secret, stay),
            _ => self.hands.fail(ask, Trouble::PasskeyFailed),
        }
    }

    /// For a sign-in, and for a sign-up that cannot tell whether the account is its own.
    pub(super) fn sign_in_to(&mut self, reply: Reply, username: Username, secret: Secret, stay: bool) {
        let login = Login::begin(&mut self.hands, username, secret, (Task::SignIn, (0.0, 1.0)), Call::In);
        self.phase = Phase::SigningIn(Box::new(SignIn { reply, stay, login }));
    }

    pub(super) fn sign_in_answer(&mut self, call: LoginCall, result: Result<HttpAnswer, NoAnswer>) {
        let Phase::SigningIn(signing) = &mut self.phase else { return };
        let (reply, login) = (signing.reply.clone(), &mut signing.login);
        let done = match call {
            LoginCall::About => login.about(&mut self.hands, result),
            LoginCall::Started => login.started(&mut self.hands, result),
            LoginCall::Finished => match login.finished(result) {
                Ok(()) => return self.let_in(),
                Err(trouble) => Err(trouble),
            },
        };
        if let Err(trouble) = done {
            self.sign_in_failed(reply, trouble);
        }
    }

    /// The secret was right, and what it opens is here.
    pub(super) fn let_in(&mut self) {
        let Phase::SigningIn(signing) = &mut self.phase else { return };
        let (reply, stay, login) = (signing.reply.clone(), signing.stay, &mut signing.login);
        let Some((id, asked)) = login.asks() else { return };
        let kept = self.hands.kept.as_ref().filter(|kept| asked.is_some_and(|asked| kept.key.id(id) == asked));
        if let (Some(_), None, Reply::SignIn(ask)) = (asked, kept, &reply) {
            // What has been opened so far waits: nothing more is asked of the relay.
            return self.hands.fail(*ask, Trouble::SecretKey(SecretKeyTrouble::Needed));
        }
        let by_password = login.kind() == SecretKind::Password;
        let opened = login.open(kept.map(|kept| &kept.key)).and_then(|(me, amk, vault)| {
            let opened = open_account(me, amk, &vault, self.hands.device.as_ref())?;
            // A slot of before, or of another keystore's time: no browser leaves it so, and none goes on from there.
            let uses = opened.0.keys.secret_key.as_ref().map(|key| key.id(id));
            if by_password && uses != asked { Err(Trouble::SecretKey(SecretKeyTrouble::Hidden)) } else { Ok(opened) }
        });
        let kept = self.hands.device.as_ref().filter(|_| self.hands.left && matches!(reply, Reply::SignIn(_)));
        let trouble = match opened {
            // It has begun anew elsewhere, and what was not sent from here would go unasked.
            Ok((account, ..)) if kept.is_some_and(|device| !account.opens(device)) => {
                self.hands.owed = Owed::Due;
                Trouble::OthersUnsent { username: account.me.username().shown().to_owned() }
            }
            Ok((account, state, version)) => {
                login.progress(&mut self.hands, 1.0);
                let recovered = login.kind() == SecretKind::RecoveryKey && matches!(reply, Reply::SignIn(_));
                self.open(account, state, version, stay, reply);
                if let (Phase::Opening(opening), true) = (&mut self.phase, recovered) {
                    opening.session.recovered(&mut self.hands);
                }
                return;
            }
            Err(trouble) => trouble,
        };
        self.sign_in_failed(reply, trouble);
    }

    fn sign_in_failed(&mut self, reply: Reply, trouble: Trouble) {
        match reply {
            // The name is taken, and by somebody else.
            Reply::SignUp(ask, _) if trouble == Trouble::RecoveryKeyFailed => {
                let name = match &self.phase {
                    Phase::SigningIn(signing) => Some(signing.login.username()),
                    _ => None,
                };
                let is_named = |known: &str| name.is_some_and(|name| known.parse().as_ref() == Ok(name));
                let asked = self.hands.anew.as_ref().map(|claimed| claimed.username.as_str());
                let used = self.hands.device.as_ref().map(|device| device.username.as_str());
                let anew = asked.into_iter().chain(used).any(is_named);
                self.give_up(ask, if anew { Trouble::AnewGone } else { Trouble::UsernameTaken });
            }
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
        if let Err(trouble) = signing.login.stretch(&mut self.hands) {
            self.sign_in_failed(reply, trouble);
        }
    }
}

impl SignIn {
    /// Whose secret key it waits for, and for which one.
    pub(super) fn asks(&self) -> Option<(AccountId, Option<SecretKeyId>)> {
        self.login.asks()
    }

    pub(super) fn into_reply(self) -> Reply {
        self.reply
    }
}
