//! Logins between their two steps: in memory, each for one try and a short time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use signet_shared::{
    AccountId,
    opaque::{KdfProfile, SecretKind},
};

use crate::{opaque::LoginState, random, store::Millis};

type LoginId = [u8; 32];

pub(crate) struct Logins {
    most: usize,
    life: Millis,
    waiting: Mutex<Waiting>,
}

/// Those that wait for their second step, by age and by name.
#[derive(Default)]
struct Waiting {
    next: u64,
    by_age: BTreeMap<u64, (LoginId, Begun)>,
    by_id: HashMap<LoginId, u64>,
}

pub(crate) struct Begun {
    /// `None` for a name that nobody has: the second step then fails whatever it brings.
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: SecretKind,
    pub(crate) profile: KdfProfile,
    pub(crate) state: LoginState,
    pub(crate) at: Millis,
}

impl Logins {
    pub(crate) fn new(most: u64, seconds: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            life: seconds.saturating_mul(1000),
            waiting: Mutex::default(),
        }
    }

    /// Remembers a login. Where there are too many, the oldest goes: who begins logins and leaves them keeps nobody out.
    pub(crate) fn begin(&self, login: Begun) -> LoginId {
        let id = random::bytes();
        let mut waiting = self.waiting();
        while waiting.by_age.len() >= self.most.max(1) {
            waiting.drop_oldest();
        }
        let age = waiting.next;
        waiting.next += 1;
        waiting.by_id.insert(id, age);
        waiting.by_age.insert(age, (id, login));
        id
    }

    /// Takes a login out: there is no second try.
    pub(crate) fn take(&self, id: &LoginId, now: Millis) -> Option<Begun> {
        let mut waiting = self.waiting();
        let age = waiting.by_id.remove(id)?;
        let (_, login) = waiting.by_age.remove(&age)?;
        (now.saturating_sub(login.at) < self.life).then_some(login)
    }

    /// Forgets those whose time is over.
    pub(crate) fn tidy(&self, now: Millis) {
        let mut waiting = self.waiting();
        while waiting.by_age.first_key_value().is_some_and(|(_, (_, login))| now.saturating_sub(login.at) >= self.life)
        {
            waiting.drop_oldest();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn drop_oldest(&mut self) {
        if let Some((_, (id, _))) = self.by_age.pop_first() {
            self.by_id.remove(&id);
        }
    }
}
