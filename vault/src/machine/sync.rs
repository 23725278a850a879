//! The sealed state between this browser, the relay and the account's other browsers: written after changes, taken in when
//! another has written, and watched, so that the relay cannot quietly go back to an older one.

use rand_core::CryptoRng;
use signet_ask::{Event, Trouble};
use signet_crypto::{Inner, object_hash};
use signet_shared::{
    api::{self, Body, PutState, Stored, Vault},
    limits,
};

use super::{
    Change, Effect, HttpAnswer, NoAnswer, Row, Table, Timer,
    account::Version,
    hands::{Call, Hands, back_off, body_of, parsed},
    local::Device,
    session::Session,
    state::{CHECKPOINTS, State},
    streams::Place,
};
use crate::sorted::in_order;

/// A change of the state is written after this long, together with those that follow at once.
const PUT_AFTER_MS: u64 = 500;
const PUT_AGAIN_MS: u64 = 5_000;
const PUT_PAUSE_MS: u64 = 600_000;
/// So many failures in a row are told.
const PUT_TRIES: u32 = 4;

/// How the state stands with the relay.
pub(super) struct Sync {
    /// The newest that the relay is known to have.
    pub(super) version: Version,
    pub(super) dirty: bool,
    /// On its way.
    putting: Option<Version>,
    /// How often in a row it could not be written.
    tries: u32,
    /// As often of these the relay had no newer one of another browser's either.
    in_vain: u32,
    /// The relay does not take it.
    pub(super) not_kept: bool,
    /// Answers of the relay about it that are on their way.
    pub(super) refreshing: u32,
    /// How many of them have been taken in.
    pub(super) taken: u32,
    /// The highest versions of keystore and state that this account's own messages name.
    claimed: (u64, u64),
    /// The relay has shown an older keystore or state than one that existed.
    pub(super) rolled_back: bool,
}

/// Why a state was not written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failed {
    ForGood,
    Once,
    /// Another browser's came first: the relay takes states, however often that happens.
    Passed,
}

impl Sync {
    pub(super) fn new(version: Version, dirty: bool, rolled_back: bool) -> Self {
        Self {
            version,
            dirty,
            putting: None,
            tries: 0,
            in_vain: 0,
            not_kept: false,
            refreshing: 0,
            taken: 0,
            claimed: (0, 0),
            rolled_back,
        }
    }
}

impl Sync {
    /// A state is on its way to the relay.
    pub(super) fn is_putting(&self) -> bool {
        self.putting.is_some()
    }
}

impl Session {
    /// The state has changed here: kept at once, written to the relay soon.
    pub(super) fn state_changed<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.sync.dirty = true;
        self.keep_state(hands);
        hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AFTER_MS });
    }

    /// What is to be written, if anything is, was held back.
    pub(super) fn put_state_soon<R: CryptoRng>(&self, hands: &mut Hands<R>) {
        if self.sync.dirty {
            hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AFTER_MS });
        }
    }

    /// Timers may have been among what was not carried out.
    pub(super) fn start_timers<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.sync.dirty && self.sync.putting.is_none() {
            hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AGAIN_MS });
        }
        if self.lookup_tries > 0 {
            self.look_up_later(hands, &Ok(()));
        }
    }

    pub(super) fn keep_state<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        // Version 0 is no version of the relay's: the copy cannot be taken for one.
        let value = self.account.seal_state(&self.state, 0, &mut hands.rng);
        // A sign-in in this same worker takes it in as a restarted one would.
        hands.kept_state = Some(value.clone());
        let row = Row { key: Device::STATE_KEY.to_vec(), value };
        hands.store(vec![Change::Put { table: Table::Meta, row }]);
    }

    pub(super) fn put_state<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        // Under which key, shows when a rescue has come to its end.
        if self.sync.putting.is_some() || !self.sync.dirty || self.is_being_rescued() {
            return;
        }
        self.checkpoint();
        let expected = self.sync.version.number;
        let number = expected.saturating_add(1);
        let state = self.account.seal_state(&self.state, number, &mut hands.rng);
        if state.len() > limits::STATE {
            hands.log("state-too-large");
            return self.put_later(hands, Failed::ForGood);
        }
        self.sync.putting = Some(Version { number, hash: object_hash(&state) });
        self.sync.dirty = false;
        hands.post(api::STATE, &PutState { expected, state }, Call::PutState);
    }

    /// Tries again after a pause that grows; told where it is final, or does not end.
    fn put_later<R: CryptoRng>(&mut self, hands: &mut Hands<R>, failed: Failed) {
        self.sync.dirty = true;
        let pause = back_off(PUT_AGAIN_MS, self.sync.tries, PUT_PAUSE_MS);
        let refused = failed == Failed::ForGood;
        // While there is no line, the page says that; it does not mean that the state is not taken.
        let counts = u32::from(refused || self.line.is_up());
        self.sync.tries = self.sync.tries.saturating_add(counts);
        self.sync.in_vain = if failed == Failed::Passed { 0 } else { self.sync.in_vain.saturating_add(counts) };
        hands.push(Effect::Timer { timer: Timer::PutState, after_ms: pause });
        if (refused || self.sync.in_vain >= PUT_TRIES) && !core::mem::replace(&mut self.sync.not_kept, true) {
            hands.event(Event::Conversations(self.conversations()));
        }
    }

    /// Where the streams stand that were written to last, a few per conversation.
    pub(super) fn checkpoint(&mut self) {
        for conv in self.convs.values() {
            let Some(pin) = self.state.pins.get_mut(&conv.peer) else { continue };
            let heads: Vec<(u64, Place)> = conv.streams.heads().map(|(_, place, at)| (at, place)).collect();
            let heads = in_order(heads, |(at, _)| u64::MAX - at);
            let mut checkpoints: Vec<Place> = heads.into_iter().map(|(_, place)| place).take(CHECKPOINTS).collect();
            for known in &pin.checkpoints {
                match checkpoints.iter_mut().find(|place| place.stream == known.stream) {
                    // Farther than what has come here.
                    Some(place) if known.seq > place.seq => *place = *known,
                    Some(_) => {}
                    None => checkpoints.push(*known),
                }
            }
            checkpoints.truncate(CHECKPOINTS);
            pin.checkpoints = checkpoints;
        }
    }

    pub(super) fn state_put<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        let Some(put) = self.sync.putting.take() else { return Ok(()) };
        let conflict = matches!(&result, Ok(answer) if answer.status == 409);
        match parsed::<Stored>(result) {
            Ok(stored) if stored.version == put.number => {
                self.seen_version(hands, put);
                (self.sync.tries, self.sync.in_vain) = (0, 0);
                if core::mem::take(&mut self.sync.not_kept) {
                    hands.event(Event::Conversations(self.conversations()));
                }
                if self.sync.dirty {
                    self.put_state(hands);
                }
                Ok(())
            }
            // Nothing else can have come of it: not believed, for whatever is above would lock this account's browsers out.
            Ok(_) => {
                hands.log("state-version");
                self.put_later(hands, Failed::ForGood);
                Ok(())
            }
            Err(_) if conflict => {
                self.sync.dirty = true;
                self.refresh(hands);
                Ok(())
            }
            Err(Trouble::SessionEnded) => Err(Trouble::SessionEnded),
            Err(trouble) => {
                let fault = matches!(trouble, Trouble::Fault { .. });
                self.put_later(hands, if fault { Failed::ForGood } else { Failed::Once });
                Ok(())
            }
        }
    }

    pub(super) fn seen_version<R: CryptoRng>(&mut self, hands: &mut Hands<R>, version: Version) {
        if let Some(device) = &mut hands.device {
            device.state_version = device.state_version.max(version.number);
        }
        self.sync.version = version;
        hands.store_device();
    }

    /// Asks for what other browsers of this account have written.
    pub(super) fn refresh<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.sync.refreshing = self.sync.refreshing.saturating_add(1);
        hands.vault(Call::Refresh);
    }

    /// As [`Self::refresh`], unless that is under way.
    pub(super) fn refresh_once<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.sync.refreshing == 0 {
            self.refresh(hands);
        }
    }

    /// What the relay has now, perhaps of another browser's.
    pub(super) fn refreshed<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        self.sync.refreshing = self.sync.refreshing.saturating_sub(1);
        let vault = match body_of(result) {
            Ok(body) => <Vault as Body>::parse(&body).ok(),
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(_) => None,
        };
        let before = self.sync.version.number;
        let taken = vault.as_ref().is_some_and(|vault| self.take_in_state(hands, vault));
        if !taken {
            // Not reached, or older than what was seen: this browser's own state goes on, and is tried again.
            hands.log("state-not-refreshed");
        }
        if let Some(vault) = vault.filter(|_| self.sync.refreshing == 0) {
            self.check_claims(hands, &vault);
        }
        if !taken && self.held.values().any(|waiting| waiting.own_from.is_some() && !waiting.tried) {
            self.look_up_later(hands, &Err(Trouble::Unreachable));
        }
        if self.sync.dirty {
            // Two browsers that write in turns let each other through.
            if taken && self.sync.tries == 0 {
                self.sync.tries = 1;
                self.put_state(hands);
            } else {
                let passed = self.sync.version.number > before;
                self.put_later(hands, if passed { Failed::Passed } else { Failed::Once });
            }
        }
        Ok(())
    }

    pub(super) fn take_in_state<R: CryptoRng>(&mut self, hands: &mut Hands<R>, vault: &Vault) -> bool {
        let version = Version { number: vault.state_version, hash: object_hash(&vault.state) };
        if version.number < self.sync.version.number {
            return false;
        }
        let Some(theirs) = self.account.open_state(&vault.state, version.number) else { return false };
        if version.is_other(&self.sync.version) {
            self.roll_back(hands);
        }
        let stated = self.account.me.head();
        self.take_in_keys(hands, vault);
        if self.account.me.head() != stated {
            self.own_statements_grown();
        }
        self.sync.taken = self.sync.taken.saturating_add(1);
        let stood = |state: &State, who| state.pins.get(&who).map_or(0, |pin| pin.seq);
        let waited_for: Vec<_> =
            self.held.values().map(|waiting| (waiting.sender, stood(&self.state, waiting.sender))).collect();
        self.sync.dirty = self.state.merge(theirs);
        // Where another browser has seen a key log grow, what waited for that in vain can be judged now.
        for (waiting, (who, seq)) in self.held.values_mut().zip(waited_for) {
            waiting.tried &= stood(&self.state, who) == seq;
        }
        self.seen_version(hands, version);
        self.keep_state(hands);
        if self.sync_convs() {
            // What another browser has had may be on its way to this one.
            self.be_patient(hands);
        }
        let me = self.me();
        self.try_held(hands, None);
        self.try_held(hands, Some(me));
        // What waits for a state that does not come waits in vain.
        for waiting in self.held.values_mut().filter(|waiting| waiting.sender == me) {
            waiting.tried = true;
        }
        self.fetch_left_behind(hands);
        // What the person has decided elsewhere lets go what waited for it.
        self.pump(hands);
        hands.event(Event::Conversations(self.conversations()));
        true
    }

    /// One's own message names the keystore and the state that its browser had from the relay. They exist; so a relay that
    /// shows older ones, or others, has gone back behind them.
    pub(super) fn note_claim<R: CryptoRng>(&mut self, hands: &mut Hands<R>, inner: &Inner) {
        let keystore = Version { number: inner.keystore_version, hash: inner.keystore_hash };
        let state = Version { number: inner.state_version, hash: inner.state_hash };
        if keystore.is_other(&self.account.keystore) || state.is_other(&self.sync.version) {
            self.roll_back(hands);
        }
        let (keystores, states) = self.sync.claimed;
        let newer = keystore.number > keystores.max(self.account.keystore.number)
            || state.number > states.max(self.sync.version.number);
        self.sync.claimed = (keystores.max(keystore.number), states.max(state.number));
        if newer {
            // Another browser may just have written it.
            self.refresh(hands);
        }
    }

    fn check_claims<R: CryptoRng>(&mut self, hands: &mut Hands<R>, vault: &Vault) {
        let (keystore, state) = self.sync.claimed;
        if keystore > vault.keystore_version || state > vault.state_version.max(self.sync.version.number) {
            self.roll_back(hands);
        }
    }

    pub(super) fn roll_back<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if core::mem::replace(&mut self.sync.rolled_back, true) {
            return;
        }
        hands.log("rolled-back");
        if let Some(device) = &mut hands.device {
            device.rolled_back = true;
        }
        hands.store_device();
        hands.event(Event::Conversations(self.conversations()));
    }
}
