//! Logins between their two steps: in memory, each for one try and a short time.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use signet_shared::{
    AccountId,
    opaque::{KdfProfile, SecretKind},
};

use crate::{
    opaque::LoginState,
    random,
    store::{Millis, PendingId, TokenHash},
};

type LoginId = [u8; 32];

pub(crate) struct Logins<T> {
    most: usize,
    life: Millis,
    waiting: Mutex<Waiting<T>>,
}

/// Those that wait for their second step, by age and by name.
struct Waiting<T> {
    next: u64,
    by_age: BTreeMap<u64, (LoginId, Millis, T)>,
    by_id: HashMap<LoginId, u64>,
}

/// A login that will open a session.
pub(crate) struct Begun {
    /// `None` for a name that nobody has: the second step then fails whatever it brings.
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: SecretKind,
    /// Of the secret: if another takes its place between the two steps, no session is opened.
    pub(crate) version: u64,
    pub(crate) profile: KdfProfile,
    pub(crate) state: LoginState,
}

/// A login on a pending way in, of a session that goes on. Apart from the others: it opens nothing.
#[derive(Clone)]
pub(crate) struct Tried {
    pub(crate) token: TokenHash,
    pub(crate) kind: SecretKind,
    pub(crate) pending: PendingId,
    pub(crate) profile: KdfProfile,
    pub(crate) state: LoginState,
}

/// A login by a secret that the account had until it began anew.
pub(crate) struct Remembered {
    pub(crate) token: TokenHash,
    /// The place of the last statement of then.
    pub(crate) seq: u64,
    pub(crate) kind: SecretKind,
    pub(crate) profile: KdfProfile,
    pub(crate) state: LoginState,
}

impl<T> Logins<T> {
    pub(crate) fn new(most: u64, seconds: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            life: seconds.saturating_mul(1000),
            waiting: Mutex::new(Waiting { next: 0, by_age: BTreeMap::new(), by_id: HashMap::new() }),
        }
    }

    /// Remembers a login. Where there are too many, the oldest goes: who begins logins and leaves them keeps nobody out.
    pub(crate) fn begin(&self, login: T, now: Millis) -> LoginId {
        let id = random::bytes();
        let mut waiting = self.waiting();
        while waiting.by_age.len() >= self.most.max(1) {
            waiting.drop_oldest();
        }
        let age = waiting.next;
        waiting.next += 1;
        waiting.by_id.insert(id, age);
        waiting.by_age.insert(age, (id, now, login));
        id
    }

    /// Takes a login out: there is no second try.
    pub(crate) fn take(&self, id: &LoginId, now: Millis) -> Option<T> {
        let mut waiting = self.waiting();
        let age = waiting.by_id.remove(id)?;
        let (_, at, login) = waiting.by_age.remove(&age)?;
        (now.saturating_sub(at) < self.life).then_some(login)
    }

    /// Forgets those whose time is over.
    pub(crate) fn tidy(&self, now: Millis) {
        let mut waiting = self.waiting();
        while waiting.by_age.first_key_value().is_some_and(|(_, (_, at, _))| now.saturating_sub(*at) >= self.life) {
            waiting.drop_oldest();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Logins<T> {
    /// A login that stays in its place, so that the same second step can come again.
    pub(crate) fn look(&self, id: &LoginId, now: Millis) -> Option<T> {
        let waiting = self.waiting();
        let (_, at, login) = waiting.by_age.get(waiting.by_id.get(id)?)?;
        (now.saturating_sub(*at) < self.life).then(|| login.clone())
    }
}

impl<T> Waiting<T> {
    fn drop_oldest(&mut self) {
        if let Some((_, (id, ..))) = self.by_age.pop_first() {
            self.by_id.remove(&id);
        }
    }
}
