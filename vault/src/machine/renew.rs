//! Renewing the encryption key: every ninety days by itself, and when the person asks for it.
//!
//! The new key is made in steps. Statement and keystore are then stored in one commit of the relay's, which is asked with
//! the same bytes until it has answered: so there is never a statement without its key, nor a key lost. Older keys stay in
//! the keystore, for what was and still is sealed for them.

use rand_core::CryptoRng;
use signet_ask::Trouble;
use signet_crypto::{
    DecryptionKey, Former, KeyMaker, Making, StatementError, VerifiedAccount, make_next_statement, next_keystore_len,
    object_hash, open_keystore, open_keystore_chained, seal_keystore,
};
use signet_shared::{
    Digest32, EkId,
    api::{self, Body, PutKeys, Stored, Vault},
    envelope::Suite,
    limits,
};

use super::{
    AskId, Effect, HttpAnswer, NoAnswer, Timer,
    account::{Version, parse_chain},
    hands::{Call, Hands, back_off, fault, parsed, pause_before_again},
    session::Session,
};

/// "Rotate by".
pub(super) const EK_AGE_MS: u64 = 90 * 24 * 3600 * 1000;
const FIRST_PAUSE_MS: u64 = 2_000;
const LONGEST_PAUSE_MS: u64 = 600_000;

pub(super) struct Renewal {
    /// Who asked for it, if anybody.
    asks: Vec<AskId>,
    step: Step,
    tries: u32,
}

enum Step {
    Begun,
    Making(Box<KeyMaker>),
    Putting(Box<Put>),
}

/// What the relay is to store, and how the account then stands.
struct Put {
    body: Vec<u8>,
    /// The newest key, by which the answer is known, and all that are new in the keystore.
    ek: EkId,
    added: Vec<EkId>,
    me: VerifiedAccount,
    keystore: Version,
    /// Between two tries.
    resting: bool,
    /// The relay has refused it before. That it was not stored all the same, only a look can tell.
    refused: bool,
}

impl Session {
    /// At a person's wish.
    pub(super) fn renew_keys<R: CryptoRng>(&mut self, hands: &mut Hands<R>, ask: AskId) {
        let signed = self.is_place_taken();
        match &mut self.renewal {
            Some(renewal) => {
                renewal.asks.push(ask);
                // At once, where it would be tried again at some time.
                self.keys_time(hands);
            }
            // Or signed for that place of the key log already, by what replaces all keys.
            None if signed => hands.fail(ask, Trouble::Busy),
            None => self.renew(hands, vec![ask]),
        }
    }

    pub(super) fn renew_if_due<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.renewal.is_none() && !self.is_place_taken() && self.keys_until_ms() <= hands.now {
            self.renew(hands, Vec::new());
        }
    }

    /// When the newest encryption key is due to be renewed.
    pub(super) fn keys_until_ms(&self) -> u64 {
        self.account.me.statement().eks.last().map_or(0, |ek| ek.not_after)
    }

    fn renew<R: CryptoRng>(&mut self, hands: &mut Hands<R>, asks: Vec<AskId>) {
        let maker = Box::new(KeyMaker::for_encryption(Suite::Rsa3072));
        self.renewal = Some(Box::new(Renewal { asks, step: Step::Making(maker), tries: 0 }));
        // Making a key takes seconds, and would be in vain each day anew.
        if next_keystore_len(&self.account.keys) > limits::KEYSTORE {
            return self.renewed(hands, &Err(Trouble::Full));
        }
        hands.push(Effect::Continue);
    }

    /// Key making, one step at a time.
    pub(super) fn renew_step<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let Some(Step::Making(maker)) = self.renewal.as_mut().map(|renewal| &mut renewal.step) else { return };
        match maker.step(&mut hands.rng) {
            Ok(Making::Renewed(ek)) => {
                let id = ek.id();
                // At hand before the relay has it: as soon as it does, somebody may write for it.
                self.account.keys.eks.push(ek);
                self.account.ek_ids.push(id);
                let not_after = hands.now.saturating_add(EK_AGE_MS);
                if let Err(trouble) = self.put_keys(hands, vec![id], not_after) {
                    self.drop_keys(&[id]);
                    self.renewed(hands, &Err(trouble));
                }
            }
            Ok(_) => hands.push(Effect::Continue),
            Err(_) => self.renewed(hands, &Err(fault("keys"))),
        }
    }

    /// Keys and master keys of before this account began anew, or of a backup, beside those of now. The next statement says
    /// the same as the one before: statement and keystore go together.
    pub(super) fn add_keys<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        mut eks: Vec<DecryptionKey>,
        mut former: Vec<Former>,
        asks: Vec<AskId>,
    ) {
        let busy = self.renewal.is_some() || self.is_place_taken();
        let account = &mut self.account;
        eks.retain(|ek| !account.ek_ids.contains(&ek.id()));
        former.retain(|old| !account.keys.former.iter().any(|known| known.amk.is(&old.amk)));
        let nothing_new = eks.is_empty() && former.is_empty();
        if busy || nothing_new {
            let result = if nothing_new { Ok(()) } else { Err(Trouble::Busy) };
            for ask in asks {
                hands.answer::<signet_ask::RenewKeys>(ask, &result);
            }
            return;
        }
        self.renewal = Some(Box::new(Renewal { asks, step: Step::Begun, tries: 0 }));
        let added: Vec<EkId> = eks.iter().map(DecryptionKey::id).collect();
        account.ek_ids.splice(0..0, added.iter().copied());
        account.keys.eks.splice(0..0, eks);
        let formers = former.len();
        account.keys.former.splice(0..0, former);
        let not_after = account.me.statement().eks.last().map_or(0, |ek| ek.not_after);
        let room = next_keystore_len(&account.keys) <= limits::KEYSTORE;
        let put = if room { self.put_keys(hands, added.clone(), not_after) } else { Err(Trouble::Full) };
        if let Err(trouble) = put {
            self.account.keys.former.drain(..formers);
            self.drop_keys(&added);
            self.renewed(hands, &Err(trouble));
        }
    }

    /// A statement that says the same as the one before was signed for the next place, and sent, and refused. It goes there now,
    /// by itself: for one place there is never a second one.
    pub(super) fn state_again<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.renewal.is_some() {
            return;
        }
        self.renewal = Some(Box::new(Renewal { asks: Vec::new(), step: Step::Begun, tries: 0 }));
        let not_after = self.keys_until_ms();
        if let Err(trouble) = self.put_keys(hands, Vec::new(), not_after) {
            self.renewed(hands, &Err(trouble));
        }
    }

    /// The keyring as it is, at the relay.
    fn put_keys<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        added: Vec<EkId>,
        not_after: u64,
    ) -> Result<(), Trouble> {
        let account = &mut self.account;
        let (id, ik) = (account.id(), account.ik());
        let ek_id = account.keys.eks.last().map(DecryptionKey::id).ok_or_else(|| fault("own-keystore"))?;
        let statement = make_next_statement(&account.me, &account.keys, None, not_after, &mut hands.rng);
        let mut me = account.me.clone();
        me.extend(core::slice::from_ref(&statement)).map_err(|_| fault("own-statement"))?;
        let (expected, before) = (account.keystore.number, account.keystore.hash);
        let number = expected.saturating_add(1);
        let keystore = seal_keystore(&account.keys, &account.amk, id, number, before, &mut hands.rng);
        // What is sent has to open as any start would open it.
        let opened = open_keystore(&account.amk, id, number, ik, &keystore);
        if !opened.is_ok_and(|keys| keys.ek(&ek_id).is_some()) {
            return Err(fault("own-keystore"));
        }
        let version = Version { number, hash: object_hash(&keystore) };
        let body = PutKeys { expected, keystore, statement: statement.to_bytes() }.to_bytes();
        if let Some(renewal) = &mut self.renewal {
            let (resting, refused) = (true, false);
            renewal.step =
                Step::Putting(Box::new(Put { body, ek: ek_id, added, me, keystore: version, resting, refused }));
        }
        self.keys_time(hands);
        Ok(())
    }

    /// What the relay says of the renewal that made this key. An error if the session is over.
    pub(super) fn keys_put<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        ek: EkId,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let mine = self.account.keystore.number;
        let Some(renewal) = &mut self.renewal else { return Ok(()) };
        let Step::Putting(put) = &mut renewal.step else { return Ok(()) };
        if put.ek != ek {
            return Ok(());
        }
        let version = put.keystore;
        let stored = parsed::<Stored>(result).and_then(|stored| {
            let follows = stored.version == version.number && version.number > mine;
            if follows { Ok(()) } else { Err(Trouble::RelayNonsense) }
        });
        let trouble = match stored {
            Ok(()) => {
                let (me, before) = (put.me.clone(), self.account.keystore.hash);
                self.take_keys(hands, me, version, before);
                self.renewed(hands, &Ok(()));
                return Ok(());
            }
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(trouble) => trouble,
        };
        // The same bytes again, until the relay has taken them or shows others in their place: whatever it has answered, it
        // may have stored them, and a second statement for the same place would be a fork.
        put.resting = true;
        let tries = renewal.tries;
        renewal.tries = tries.saturating_add(1);
        let passing = pause_before_again(&trouble, tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        let after_ms = passing.unwrap_or_else(|| back_off(FIRST_PAUSE_MS, tries, LONGEST_PAUSE_MS));
        hands.push(Effect::Timer { timer: Timer::Keys, after_ms });
        if passing.is_some() {
            return Ok(());
        }
        // Another browser's were there first, or these were and the answer was lost: the first look tells.
        if core::mem::replace(&mut put.refused, true) || trouble != Trouble::ChangedElsewhere {
            for ask in core::mem::take(&mut renewal.asks) {
                hands.answer::<signet_ask::RenewKeys>(ask, &Err(trouble.clone()));
            }
        }
        self.refresh(hands);
        Ok(())
    }

    /// Keys that no keystore at the relay holds.
    fn drop_keys(&mut self, ids: &[EkId]) {
        self.account.keys.eks.retain(|key| !ids.contains(&key.id()));
        self.account.ek_ids.retain(|id| !ids.contains(id));
    }

    pub(super) fn keys_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if let Some(Step::Putting(put)) = self.renewal.as_mut().map(|renewal| &mut renewal.step)
            && core::mem::take(&mut put.resting)
        {
            hands.http(api::KEYS, Some(put.body.clone()), Call::Keys(put.ek));
        }
    }

    /// The renewal, if there is one, is over.
    pub(super) fn renewed<R: CryptoRng>(&mut self, hands: &mut Hands<R>, result: &Result<(), Trouble>) {
        let Some(renewal) = self.renewal.take() else { return };
        hands.push(Effect::StopTimer(Timer::Keys));
        if result.is_err() {
            hands.log("keys-not-renewed");
        }
        for ask in renewal.asks {
            hands.answer::<signet_ask::RenewKeys>(ask, result);
        }
    }

    pub(super) fn take_keys<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        me: VerifiedAccount,
        keystore: Version,
        before: Digest32,
    ) {
        self.account.me = me;
        self.account.keystore = keystore;
        self.account.keystore_before = before;
        if let Some(device) = &mut hands.device {
            device.keystore_version = device.keystore_version.max(keystore.number);
        }
        hands.store_device();
        hands.keep_secret_key(&self.account);
        self.open_sealed(hands);
    }

    /// What another browser of this account has renewed: statements and keys, both or neither.
    pub(super) fn take_in_keys<R: CryptoRng>(&mut self, hands: &mut Hands<R>, vault: &Vault) {
        let Ok(found) = parse_chain(&vault.statements) else { return };
        let mut me = self.account.me.clone();
        match me.extend(&found) {
            Ok(()) if me.ik_hash() == self.account.ik() => {}
            // What is older than what was seen says nothing.
            Err(StatementError::Rollback) => return,
            _ => {
                hands.log("own-statements");
                return self.set_own_keys_differ(hands, true);
            }
        }
        let keystore = Version { number: vault.keystore_version, hash: object_hash(&vault.keystore) };
        // Both or neither.
        if keystore.number <= self.account.keystore.number || me.seq() <= self.account.me.seq() {
            return;
        }
        // What was on its way from here has been stored, or never will be: another statement is in its place.
        let on_its_way = match self.renewal.as_ref().map(|renewal| &renewal.step) {
            Some(Step::Putting(put)) => Some((put.added.clone(), me.knows(&put.me.head()))),
            _ => None,
        };
        let account = &mut self.account;
        let opened = open_keystore_chained(&account.amk, account.id(), keystore.number, account.ik(), &vault.keystore);
        // Keys are only ever added, and none that a statement names is left out.
        let whole = opened.ok().filter(|(keys, _)| {
            let lost = |id: &&EkId| matches!(&on_its_way, Some((added, false)) if added.contains(id));
            let mut needed = account.ek_ids.iter().filter(|id| !lost(id));
            keys.ek(&me.ek().id()).is_some() && needed.all(|id| keys.ek(id).is_some())
        });
        let Some((keys, before)) = whole else { return hands.log("own-keystore") };
        account.ek_ids = keys.eks.iter().map(DecryptionKey::id).collect();
        account.keys = keys;
        let mine = account.keystore;
        if keystore.number == mine.number.saturating_add(1) && before != mine.hash {
            // There was another in the place of the one that is here.
            self.roll_back(hands);
        }
        self.take_keys(hands, me, keystore, before);
        if let Some((_, stored)) = on_its_way {
            self.renewed(hands, &if stored { Ok(()) } else { Err(Trouble::ChangedElsewhere) });
        }
    }
}
