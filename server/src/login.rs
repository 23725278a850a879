//! Logins between their two steps: in memory, each for one try and a short time.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use signet_shared::{
    AccountId,
    opaque::{KdfProfile, SecretKind},
};

use crate::{opaque::LoginState, random, store::Millis};

pub(crate) struct Logins {
    most: usize,
    life: Millis,
    begun: Mutex<HashMap<[u8; 32], Begun>>,
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
            begun: Mutex::default(),
        }
    }

    /// Remembers a login; `None` if there are too many.
    pub(crate) fn begin(&self, login: Begun) -> Option<[u8; 32]> {
        let now = login.at;
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.len() >= self.most {
            begun.retain(|_, login| now.saturating_sub(login.at) < self.life);
            if begun.len() >= self.most {
                return None;
            }
        }
        let id = random::bytes();
        begun.insert(id, login);
        Some(id)
    }

    /// Takes a login out: there is no second try.
    pub(crate) fn take(&self, id: &[u8; 32], now: Millis) -> Option<Begun> {
        let login = self.begun.lock().unwrap_or_else(PoisonError::into_inner).remove(id)?;
        (now.saturating_sub(login.at) < self.life).then_some(login)
    }

    /// Forgets those whose time is over.
    pub(crate) fn tidy(&self, now: Millis) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, login| now.saturating_sub(login.at) < self.life);
    }
}
