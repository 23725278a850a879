use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};

use crate::{
    api::LastCheck,
    config::{Clock, Limits, Net},
    login::{Begun, Logins, Remembered, Tried},
    opaque::Opaque,
    origin::Origin,
    rate::{Buckets, ByAddress, Window},
    relay::Hub,
    site::Site,
    store::Store,
};
use signet_shared::AccountId;

/// What every route may use.
pub(crate) struct App {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) opaque: Opaque,
    pub(crate) logins: Logins<Begun>,
    pub(crate) tries: Logins<Tried>,
    pub(crate) earlier: Logins<Remembered>,
    pub(crate) rates: Rates,
    /// Whoever tells an account's browsers of a request to start it anew.
    pub(crate) anew_turn: Mutex<()>,
    /// Bytes of messages that may wait for the store.
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) last_check: LastCheck,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    /// The public one.
    pub(crate) origin: Origin,
    /// As logins are bound to it.
    pub(crate) public_url: String,
    /// Whether the listener itself speaks TLS, and on which port it is.
    pub(crate) tls: bool,
    pub(crate) port: u16,
    pub(crate) registration_open: bool,
    pub(crate) trusted_proxies: Vec<Net>,
    pub(crate) site: Site,
}

pub(crate) struct Rates {
    /// By username: names that nobody has are counted as well.
    pub(crate) login_minute: Window<String>,
    pub(crate) login_day: Window<String>,
    pub(crate) login_address: ByAddress,
    pub(crate) register_start: ByAddress,
    pub(crate) register_finish: ByAddress,
    pub(crate) lookup: Window<AccountId>,
    pub(crate) state: Window<AccountId>,
    pub(crate) keys: Window<AccountId>,
    pub(crate) vault: Window<AccountId>,
    pub(crate) sockets: Window<AccountId>,
    pub(crate) share: Window<AccountId>,
    pub(crate) sessions: Window<AccountId>,
    pub(crate) secret_minute: Window<AccountId>,
    pub(crate) secret_day: Window<AccountId>,
    pub(crate) anew: ByAddress,
    pub(crate) earlier_minute: Window<AccountId>,
    pub(crate) earlier_day: Window<AccountId>,
    /// By account and not by connection, so that neither many connections nor a new one give more.
    pub(crate) messages: Buckets<AccountId>,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        const MINUTE: u64 = 60_000;
        let by_address = |limit, span| ByAddress::new(limit, limits.addresses_per_network, span);
        Self {
            login_minute: Window::new(limits.login_per_minute, MINUTE),
            login_day: Window::new(limits.login_per_day, 24 * 60 * MINUTE),
            login_address: by_address(limits.login_per_address_minute, MINUTE),
            register_start: by_address(limits.register_per_address_hour, 60 * MINUTE),
            register_finish: by_address(limits.register_per_address_hour, 60 * MINUTE),
            lookup: Window::new(limits.lookup_per_minute, MINUTE),
            state: Window::new(limits.state_per_minute, MINUTE),
            keys: Window::new(limits.keys_per_day, 24 * 60 * MINUTE),
            vault: Window::new(limits.vault_per_minute, MINUTE),
            sockets: Window::new(limits.sockets_per_minute, MINUTE),
            share: Window::new(limits.share_per_minute, MINUTE),
            sessions: Window::new(limits.sessions_per_minute, MINUTE),
            secret_minute: Window::new(limits.secret_per_minute, MINUTE),
            secret_day: Window::new(limits.secret_per_day, 24 * 60 * MINUTE),
            anew: by_address(limits.anew_per_address_minute, MINUTE),
            earlier_minute: Window::new(limits.earlier_per_minute, MINUTE),
            earlier_day: Window::new(limits.earlier_per_day, 24 * 60 * MINUTE),
            messages: Buckets::new(limits.messages_per_second, limits.messages_burst),
        }
    }
}
