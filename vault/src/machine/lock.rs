//! Locking: the keys and everything opened go, the sealed rows stay, and the password opens them again. The session ends with
//! it, since nothing here could use it until a login makes another.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use signet_ask::{Event, LockWhen, Trouble};
use signet_shared::api;

use super::{
    AskId, Change, Effect, Machine, Phase, Row, Table, Timer,
    hands::{Call, Hands},
    local::OWED_KEY,
    sign_out::Owed,
};

const MINUTE_MS: u64 = 60_000;

/// The row `lock` of `Meta`. It may be altered by whoever can alter this browser's files; so may everything else here, and
/// nothing in it opens anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    /// As [`LockWhen::unused_min`].
    after_min: u16,
    /// When somebody last used a tab, milliseconds since 1970. In the row it may be a minute behind.
    used_ms: u64,
    pub(super) locked: bool,
    #[serde(skip)]
    kept_ms: u64,
}

impl Lock {
    pub(super) const KEY: &'static [u8] = b"lock";

    pub(super) fn parse(bytes: &[u8]) -> Self {
        // Of an unreadable row the strict reading would lock somebody out of nothing: a password opens again.
        let lock: Self = postcard::from_bytes(bytes).unwrap_or_default();
        Self { kept_ms: lock.used_ms, ..lock }
    }

    fn change(&self) -> Change {
        let value = postcard::to_allocvec(self).unwrap_or_default();
        Change::Put { table: Table::Meta, row: Row { key: Self::KEY.to_vec(), value } }
    }

    /// How long until it is to lock; 0 if it should have.
    fn left_ms(&self, now_ms: u64) -> Option<u64> {
        let after = u64::from(self.after_min) * MINUTE_MS;
        (after > 0).then(|| after.saturating_sub(now_ms.saturating_sub(self.used_ms)))
    }

    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.left_ms(now_ms) == Some(0)
    }
}

impl<R: CryptoRng> Hands<R> {
    /// Somebody is here.
    pub(super) fn used(&mut self) {
        self.lock.used_ms = self.now;
        let unlocked = core::mem::take(&mut self.lock.locked);
        if unlocked || self.lock.after_min > 0 && self.now.saturating_sub(self.lock.kept_ms) >= MINUTE_MS {
            self.keep_lock();
        }
        self.watch_lock();
    }

    fn keep_lock(&mut self) {
        self.lock.kept_ms = self.lock.used_ms;
        let change = self.lock.change();
        self.store(vec![change]);
    }

    pub(super) fn watch_lock(&mut self) {
        match self.lock.left_ms(self.now) {
            Some(after_ms) => self.push(Effect::Timer { timer: Timer::Unused, after_ms: after_ms.max(1000) }),
            None => self.push(Effect::StopTimer(Timer::Unused)),
        }
    }
}

impl<R: CryptoRng> Machine<R> {
    /// A timer may come late, after a computer slept: whatever happens first finds that it is time.
    pub(super) fn lock_if_due(&mut self) {
        let Phase::SignedIn(session) = &self.phase else { return };
        if !self.hands.lock.is_due(self.hands.now) {
            return;
        }
        // The timer comes again.
        if session.must_finish() {
            return self.hands.watch_lock();
        }
        self.lock();
    }

    pub(super) fn ask_lock(&mut self, ask: AskId) {
        match &self.phase {
            Phase::SignedIn(session) if session.must_finish() => return self.hands.fail(ask, Trouble::Busy),
            Phase::SignedIn(_) | Phase::Attaching(_) | Phase::Opening(_) => self.lock(),
            Phase::SignedOut | Phase::SigningUp(_) | Phase::SigningIn(_) => {}
        }
        // Before the status: the page takes a new worker when it hears that.
        let at = self.hands.out.iter().position(|effect| matches!(effect, Effect::Event(Event::Status(_))));
        self.hands.answer::<signet_ask::Lock>(ask, &Ok(()));
        if let Some(at) = at
            && let Some(answer) = self.hands.out.pop()
        {
            self.hands.out.insert(at, answer);
        }
    }

    pub(super) fn lock(&mut self) {
        self.leave();
        let hands = &mut self.hands;
        hands.lock.locked = true;
        if let Some(device) = &mut hands.device {
            device.slot = None;
        }
        // Until the relay has heard of it, as of a sign-out.
        hands.owed = Owed::Told;
        let owed = Change::Put { table: Table::Meta, row: Row { key: OWED_KEY.to_vec(), value: Vec::new() } };
        let mut changes = vec![hands.lock.change(), owed];
        changes.extend(hands.device_change());
        hands.store(changes);
        hands.batch.locked = true;
        self.say_locked();
    }

    /// Also where storage failed: then the relay's share of what opens again goes all the same.
    pub(super) fn say_locked(&mut self) {
        let hands = &mut self.hands;
        hands.keep_share(None);
        hands.http(api::SIGN_OUT, Some(Vec::new()), Call::SignOut);
        let status = self.signed_out_status();
        self.hands.event(Event::Status(status));
    }

    pub(super) fn set_lock(&mut self, ask: AskId, when: LockWhen) {
        let Phase::SignedIn(session) = &self.phase else { return self.hands.fail(ask, Trouble::SignedOut) };
        let hands = &mut self.hands;
        hands.lock.after_min = when.unused_min;
        hands.lock.used_ms = hands.now;
        hands.keep_lock();
        hands.watch_lock();
        if let Some(device) = hands.device.as_mut().filter(|device| device.stay == when.no_tab) {
            device.stay = !when.no_tab;
            // What opens without a tab goes at once; until the relay has helped to make another, a reload asks for the password.
            if when.no_tab {
                device.slot = None;
            }
            hands.store_device();
            session.renew_slot(hands);
        }
        hands.answer::<signet_ask::SetLock>(ask, &Ok(()));
    }

    pub(super) fn lock_when(&self) -> LockWhen {
        let no_tab = self.hands.device.as_ref().is_some_and(|device| !device.stay);
        LockWhen { unused_min: self.hands.lock.after_min, no_tab }
    }
}
