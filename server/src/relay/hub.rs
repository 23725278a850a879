use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use signet_shared::{
    AccountId,
    wire::{AnewAsked, ServerFrame, close},
};
use tokio::sync::watch;

use super::outbox::Outbox;
use crate::{
    config::{Address, Limits},
    count::{Place, Places},
    store::TokenHash,
};

/// Every live connection of this process.
pub(crate) struct Hub {
    most_per_account: usize,
    queue_bytes: u64,
    addresses: Arc<Places>,
    inner: Mutex<Inner>,
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    accounts: HashMap<AccountId, Vec<Arc<Line>>>,
    stopping: bool,
}

/// A connection, as others see it.
pub(crate) struct Line {
    pub(crate) account: AccountId,
    pub(crate) token: TokenHash,
    pub(crate) outbox: Outbox,
}

/// A place in the hub, given up when dropped.
pub(crate) struct Joined {
    pub(crate) line: Arc<Line>,
    hub: Arc<Hub>,
    _place: Place,
}

impl Hub {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
        Arc::new(Self {
            most_per_account: size(limits.sockets_per_account),
            queue_bytes: limits.socket_queue_bytes,
            addresses: Places::new(limits.sockets_per_address, limits.addresses_per_network),
            inner: Mutex::default(),
            count: watch::Sender::new(0),
        })
    }

    /// A place for a new connection, or the code to close it with.
    pub(crate) fn join(
        self: &Arc<Self>,
        account: AccountId,
        token: TokenHash,
        address: Address,
    ) -> Result<Joined, u16> {
        let mut inner = self.inner();
        if inner.stopping {
            return Err(close::RESTART);
        }
        if inner.accounts.get(&account).map_or(0, Vec::len) >= self.most_per_account {
            return Err(close::TRY_LATER);
        }
        let place = self.addresses.take(address).ok_or(close::TRY_LATER)?;
        let line = Arc::new(Line { account, token, outbox: Outbox::new(self.queue_bytes) });
        inner.accounts.entry(account).or_default().push(line.clone());
        self.count.send_modify(|count| *count += 1);
        Ok(Joined { line, hub: self.clone(), _place: place })
    }

    /// A message is in this account's mailbox at `seq`. It is encoded once, and only if somebody is there.
    pub(crate) fn publish(&self, account: AccountId, seq: u64, encode: impl FnOnce() -> Bytes) {
        let lines = match self.inner().accounts.get(&account) {
            Some(lines) => lines.clone(),
            None => return,
        };
        let frame = lines.iter().any(|line| line.outbox.is_live()).then(encode);
        for line in lines {
            line.outbox.publish(seq, frame.as_ref());
        }
    }

    /// Tells the account's other browsers.
    pub(crate) fn state_changed(&self, account: AccountId, version: u64, by: TokenHash) {
        let frame = Bytes::from(ServerFrame::StateChanged { version }.to_bytes());
        self.tell_others(account, &frame, by);
    }

    /// Tells the account's other browsers that one of them has renewed its keys.
    pub(crate) fn keys_changed(&self, account: AccountId, version: u64, by: TokenHash) {
        let frame = Bytes::from(ServerFrame::KeysChanged { version }.to_bytes());
        self.tell_others(account, &frame, by);
    }

    /// Tells all of the account's browsers whether somebody asks to start it anew.
    pub(crate) fn anew_changed(&self, account: AccountId, asked: Option<AnewAsked>) {
        let frame = Bytes::from(ServerFrame::Anew(asked).to_bytes());
        for line in self.inner().accounts.get(&account).into_iter().flatten() {
            line.outbox.answer(frame.clone());
        }
    }

    fn tell_others(&self, account: AccountId, frame: &Bytes, by: TokenHash) {
        for line in self.inner().accounts.get(&account).into_iter().flatten().filter(|line| line.token != by) {
            line.outbox.answer(frame.clone());
        }
    }

    /// The session has ended: its connections end with it.
    pub(crate) fn end(&self, token: TokenHash) {
        for line in self.inner().accounts.values().flatten().filter(|line| line.token == token) {
            line.outbox.close(close::SESSION_ENDED);
        }
    }

    /// These sessions of one account have ended.
    pub(crate) fn end_all(&self, account: AccountId, tokens: &[TokenHash]) {
        let inner = self.inner();
        let lines = inner.accounts.get(&account).into_iter().flatten();
        for line in lines.filter(|line| tokens.contains(&line.token)) {
            line.outbox.close(close::SESSION_ENDED);
        }
    }

    /// Closes every connection and takes no new one.
    pub(crate) fn stop(&self) {
        let mut inner = self.inner();
        inner.stopping = true;
        for line in inner.accounts.values().flatten() {
            line.outbox.close(close::RESTART);
        }
    }

    /// Waits until no connection is left.
    pub(crate) async fn empty(&self) {
        self.count.subscribe().wait_for(|count| *count == 0).await.ok();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        let mut inner = self.hub.inner();
        if let Some(lines) = inner.accounts.get_mut(&self.line.account) {
            lines.retain(|line| !Arc::ptr_eq(line, &self.line));
            if lines.is_empty() {
                inner.accounts.remove(&self.line.account);
            }
        }
        self.hub.count.send_modify(|count| *count -= 1);
    }
}
