//! The secret key, which an account's password may need beside it: made, shown, put to use, replaced and dropped, beside a
//! running session; and given to a sign-in that waits for it.
//!
//! Putting it to use is a change of the password (`secret`) to the same one, whose last step brings the keystore that holds the
//! key: in one commit of the relay's, so that what the slot needs and what the keystore says are never two things.

use rand_core::CryptoRng;
use signet_ask::{GiveSecretKey, SecretKeyStep, SecretKeyText, SecretKeyTrouble, SecretKeyView, Trouble};
use signet_crypto::{
    SecretKey, SecretKeyError, VerifiedAccount, make_next_statement, object_hash, open_keystore, seal_keystore,
};
use signet_shared::{Digest32, api::PutKeys, limits, opaque::SecretKind};
use zeroize::Zeroizing;

use super::{
    AskId, Machine, Phase,
    account::{Account, Version},
    hands::{Hands, fault},
    kept::Kept,
    opening::Reply,
    secret::{Again, Goal, either},
    session::Session,
    sign_out::Owed,
};

/// The account's keys once a secret key has been put to use or dropped.
pub(super) struct NextKeys {
    me: VerifiedAccount,
    version: Version,
    before: Digest32,
    key: Option<SecretKey>,
}

pub(super) fn shown(key: &SecretKey) -> SecretKeyText {
    SecretKeyText(key.to_string())
}

pub(super) fn read_secret_key(text: String) -> Result<SecretKey, Trouble> {
    let text = Zeroizing::new(text);
    text.parse().map_err(|error| {
        Trouble::SecretKey(match error {
            SecretKeyError::Form => SecretKeyTrouble::Form,
            SecretKeyError::Check => SecretKeyTrouble::Mistyped,
        })
    })
}

impl Session {
    pub(super) fn ask_secret_key<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId, step: SecretKeyStep) {
        let key = match step {
            SecretKeyStep::Show => self.account.keys.secret_key.clone(),
            SecretKeyStep::Make => Some(SecretKey::make(&mut hands.rng)),
            SecretKeyStep::Use { current, key } => {
                let key = read_secret_key(key.0).map(Some);
                return self.change_secret_key(hands, ask, current, key);
            }
            SecretKeyStep::Drop { current } => return self.change_secret_key(hands, ask, current, Ok(None)),
            SecretKeyStep::Stays(stays) => {
                if let Some(kept) = &mut hands.kept {
                    kept.stays = stays;
                    let change = kept.change();
                    hands.store(vec![change]);
                }
                self.account.keys.secret_key.clone()
            }
        };
        let stays = hands.kept.as_ref().is_some_and(|kept| kept.stays);
        let view = SecretKeyView { key: key.as_ref().map(shown), stays };
        hands.answer::<signet_ask::SecretKey>(ask, &Ok(view));
    }

    /// The password is needed, not only to prove who sits here: it is what is sealed anew.
    fn change_secret_key<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ask: AskId,
        current: String,
        key: Result<Option<SecretKey>, Trouble>,
    ) {
        let current = either(&Zeroizing::new(current)).and_then(|current| match current.kind {
            SecretKind::Password => Ok(current),
            _ => Err(Trouble::IsRecoveryKey),
        });
        let read = current.and_then(|current| Ok((current, key?)));
        let (current, key) = match read {
            Ok(read) => read,
            Err(trouble) => return hands.fail(ask, trouble),
        };
        // A statement is being signed for the same place.
        if self.renewal.is_some() || self.is_place_taken() {
            return hands.fail(ask, Trouble::Busy);
        }
        let password = current.again();
        self.change(hands, ask, Goal::SecretKey { password, key }, Some(current), Again::No);
    }

    /// Whether the account uses exactly this.
    pub(super) fn uses(&self, key: Option<&SecretKey>) -> bool {
        match (&self.account.keys.secret_key, key) {
            (Some(mine), Some(key)) => mine.is(key),
            (mine, key) => mine.is_none() && key.is_none(),
        }
    }

    /// The relay has put them in place.
    pub(super) fn take_next<R: CryptoRng>(&mut self, hands: &mut Hands<R>, next: NextKeys) {
        let NextKeys { me, version, before, key } = next;
        self.account.keys.secret_key = key;
        self.take_keys(hands, me, version, before);
    }
}

impl NextKeys {
    /// A keystore that holds this secret key, or none, with everything that is in it now; and a statement that says the same as
    /// the one before, since they go together.
    pub(super) fn make<R: CryptoRng>(
        hands: &mut Hands<R>,
        account: &mut Account,
        key: Option<SecretKey>,
    ) -> Result<(Self, PutKeys), Trouble> {
        let (id, ik, from) = (account.id(), account.ik(), account.keystore);
        let number = from.number.saturating_add(1);
        let not_after = account.me.statement().eks.last().map_or(0, |ek| ek.not_after);
        let statement = make_next_statement(&account.me, &account.keys, None, not_after, &mut hands.rng);
        // For a moment the ring is the one that is to be.
        let old = core::mem::replace(&mut account.keys.secret_key, key.clone());
        let keystore = seal_keystore(&account.keys, &account.amk, id, number, from.hash, &mut hands.rng);
        account.keys.secret_key = old;

        let mut me = account.me.clone();
        me.extend(core::slice::from_ref(&statement)).map_err(|_| fault("own-statement"))?;
        // What is sent has to open as any start would open it.
        let keys = open_keystore(&account.amk, id, number, ik, &keystore).map_err(|_| fault("own-keystore"))?;
        let same = match (&keys.secret_key, &key) {
            (Some(sealed), Some(key)) => sealed.is(key),
            (sealed, key) => sealed.is_none() && key.is_none(),
        };
        if !same || !account.ek_ids.iter().all(|ek| keys.ek(ek).is_some()) {
            return Err(fault("own-keystore"));
        }
        if keystore.len() > limits::KEYSTORE {
            return Err(Trouble::Full);
        }
        let version = Version { number, hash: object_hash(&keystore) };
        let put = PutKeys { expected: from.number, keystore, statement: statement.to_bytes() };
        Ok((Self { me, version, before: from.hash, key }, put))
    }
}

impl<R: CryptoRng> Machine<R> {
    /// The password has been right. What it opens waits here for the key, so a wrong one costs nothing.
    pub(super) fn give_secret_key(&mut self, ask: AskId, GiveSecretKey { key, stays }: GiveSecretKey) {
        let Phase::SigningIn(signing) = &mut self.phase else { return self.hands.fail(ask, Trouble::SignedOut) };
        let Some((id, Some(asked))) = signing.asks() else { return self.hands.fail(ask, Trouble::Busy) };
        let Some(text) = key else {
            self.phase = Phase::SignedOut;
            // The session that has just been opened ends, however late the relay hears of it.
            self.hands.owed = Owed::Due;
            let status = self.signed_out_status();
            return self.hands.answer::<GiveSecretKey>(ask, &Ok(status));
        };
        let key = read_secret_key(text).and_then(|key| {
            let right = key.id(id) == asked;
            if right { Ok(key) } else { Err(Trouble::SecretKey(SecretKeyTrouble::Wrong)) }
        });
        match key {
            Ok(key) => {
                signing.reply = Reply::SignIn(ask);
                self.hands.kept = Some(Kept { account: id, key, stays });
                self.let_in();
            }
            Err(trouble) => self.hands.fail(ask, trouble),
        }
    }
}
