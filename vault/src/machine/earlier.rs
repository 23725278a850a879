//! What this account had before it began anew, opened by a password or recovery key of then: its keys go into the keystore
//! of now, beside the others, and what was sealed for them is fetched again. The relay releases them only to somebody who is
//! signed in now and shows that he knows the secret of then.

use rand_core::CryptoRng;
use signet_ask::{OpenEarlier, SecretKeyTrouble, Task, Trouble};
use signet_crypto::{
    Aad, Former, Keyring, MasterKey, Purpose, SecretKey, UnlockKey, VerifiedAccount, asked_by_slot, open_keystore,
    open_object,
};
use signet_shared::{api::EarlierVault, opaque::SecretKind};

use super::{
    AskId, HttpAnswer, NoAnswer, Task as Later,
    hands::{Call, Hands, parsed},
    login::{Login, LoginCall, Secret},
    secret_key::read_secret_key,
    session::Session,
    sign_in::is_recovery_key,
    state::State,
};

pub(super) struct Earlier {
    pub(super) ask: AskId,
    secret: Secret,
    secret_key: Option<SecretKey>,
    /// The identities that this may be a secret of, the one that is being tried last.
    left: Vec<VerifiedAccount>,
    login: Login,
}

pub enum EarlierTask {
    Answer(EarlierCall, Result<HttpAnswer, NoAnswer>),
    /// The long step.
    Turn,
}

#[derive(Debug, Clone, Copy)]
pub struct EarlierCall(pub(super) LoginCall);

impl Session {
    pub(super) fn open_earlier<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        OpenEarlier { secret, secret_key }: OpenEarlier,
    ) {
        if self.earlier.is_some() || self.renewal.is_some() || self.is_place_taken() {
            return hands.fail(ask, Trouble::Busy);
        }
        let secret = zeroize::Zeroizing::new(secret);
        let read = if is_recovery_key(&secret) { Secret::recovery_key(&secret) } else { Ok(Secret::password(&secret)) };
        let secret_key = secret_key.map(read_secret_key).transpose();
        match read.and_then(|secret| Ok((secret, secret_key?))) {
            Ok(secrets) => self.try_earlier(hands, ask, secrets, self.account.me.earlier()),
            Err(trouble) => hands.fail(ask, trouble),
        }
    }

    /// The newest of these first.
    fn try_earlier<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        (secret, secret_key): (Secret, Option<SecretKey>),
        left: Vec<VerifiedAccount>,
    ) {
        let Some(seq) = left.last().map(VerifiedAccount::seq) else { return hands.fail(ask, Trouble::NotFound) };
        let name = self.account.me.username().clone();
        let call = |call| Call::Earlier(EarlierCall(call));
        let login = Login::begin(hands, name, secret.again(), (Task::Secret, (0.0, 0.9)), call).of_earlier(seq);
        self.earlier = Some(Box::new(Earlier { ask, secret, secret_key, left, login }));
    }

    /// An error if the session is over.
    pub(super) fn earlier_task<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        task: EarlierTask,
    ) -> Result<(), Trouble> {
        let Some(mut earlier) = self.earlier.take() else { return Ok(()) };
        let done = match task {
            EarlierTask::Turn => earlier.login.stretch(hands).map(|_| false),
            EarlierTask::Answer(EarlierCall(LoginCall::About), result) => {
                earlier.login.about(hands, result).map(|()| false)
            }
            EarlierTask::Answer(EarlierCall(LoginCall::Started), result) => {
                earlier.login.started(hands, result).map(|()| false)
            }
            EarlierTask::Answer(EarlierCall(LoginCall::Finished), result) => {
                self.opened_earlier(hands, &mut earlier, result).map(|()| true)
            }
        };
        match done {
            Ok(false) => self.earlier = Some(earlier),
            Ok(true) => {}
            // Of another identity, perhaps.
            Err(Trouble::LoginFailed | Trouble::RecoveryKeyFailed) => {
                let Earlier { ask, secret, secret_key, mut left, .. } = *earlier;
                left.pop();
                if left.is_empty() {
                    hands.fail(ask, secret.wrong());
                } else {
                    self.try_earlier(hands, ask, (secret, secret_key), left);
                }
            }
            Err(trouble) => {
                hands.fail(earlier.ask, trouble.clone());
                if trouble == Trouble::SessionEnded {
                    return Err(trouble);
                }
            }
        }
        Ok(())
    }

    fn opened_earlier<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        earlier: &mut Earlier,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let vault = parsed::<EarlierVault>(result)?;
        let Some(then) = earlier.left.last() else { return Err(Trouble::NotFound) };
        let (id, ik) = (self.me(), then.ik_hash());
        let (export, profile) = earlier.login.exported()?;
        let (kind, secret_key) = (earlier.secret.kind, &earlier.secret_key);
        let asked = asked_by_slot(&vault.slot).filter(|_| kind == SecretKind::Password);
        let secret_key = match (asked, secret_key) {
            (Some(_), None) => return Err(Trouble::SecretKey(SecretKeyTrouble::Needed)),
            (Some(asked), Some(key)) if key.id(id) != asked => {
                return Err(Trouble::SecretKey(SecretKeyTrouble::Wrong));
            }
            (asked, key) => key.as_ref().filter(|_| asked.is_some()),
        };
        let unlock = UnlockKey::derive(&export, kind, secret_key, id, profile);
        let damaged = |_| Trouble::KeystoreDamaged;
        let amk = MasterKey::open_slot(&unlock, kind, id, ik, &vault.slot).map_err(damaged)?;
        let keys = open_keystore(&amk, id, vault.keystore_version, ik, &vault.keystore).map_err(damaged)?;
        let epoch = amk.epoch();
        let aad = Aad { account: id, object: b"state".to_vec(), version: vault.state_version, ik, amk_epoch: epoch };
        let state = open_object(&amk.state_key(), Purpose::State, &aad, &vault.state);
        match state.ok().and_then(|plain| State::parse(&plain)) {
            // Whom one had met, and whom one had compared: one's own word of then.
            Some(state) => {
                self.state.merge(state);
                self.state_changed(hands);
                if self.sync_convs() {
                    self.be_patient(hands);
                }
                hands.event(signet_ask::Event::Conversations(self.conversations()));
            }
            // The keys are what opens messages.
            None => hands.log("earlier-state"),
        }
        let Keyring { eks, mut former, .. } = keys;
        former.push(Former { amk, ik });
        self.add_keys(hands, eks, former, vec![earlier.ask]);
        Ok(())
    }
}

impl<R: CryptoRng> super::Machine<R> {
    pub(super) fn earlier_step(&mut self) {
        if let super::Phase::SignedIn(session) = &self.phase
            && session.earlier.is_some()
        {
            self.later(Later::Earlier(EarlierTask::Turn));
        }
    }

    pub(super) fn carry_out_earlier(&mut self, task: EarlierTask) {
        let super::Phase::SignedIn(session) = &mut self.phase else { return };
        if session.earlier_task(&mut self.hands, task).is_err() {
            self.session_ended();
        }
    }
}
