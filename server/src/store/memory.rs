use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, future};
use signet_shared::{AccountId, ConvId, EnvId, StreamId, api, api::Who, opaque::SecretKind};

use super::{
    Accounts, Answer, Committed, Created, Credential, Directory, Item, Letter, Mailbox, Millis, NewAccount, Object,
    Objects, OnCommit, PAGE_BYTES, PAGE_ROWS, Placed, Row, Session, Sessions, Share, StoreError, TokenHash, Upkeep,
    Vault,
};

/// Everything in one place under one lock: what each method means, without a database's ways. For tests; it forgets all
/// at the end of the process.
pub(crate) struct Memory {
    inner: Mutex<Inner>,
    bell: Arc<dyn OnCommit>,
}

#[derive(Default)]
struct Inner {
    accounts: HashMap<AccountId, Account>,
    names: HashMap<String, AccountId>,
    sessions: HashMap<TokenHash, (Session, Vec<Share>)>,
    places: HashMap<(AccountId, ConvId, StreamId, u64), (EnvId, Placed)>,
    closed: bool,
}

struct Account {
    new: NewAccount,
    keystore: Object,
    state: Object,
    statements: Vec<Vec<u8>>,
    mailbox: Vec<Entry>,
}

struct Entry {
    letter: Arc<Letter>,
    index: usize,
    received: Millis,
    record: Option<Vec<u8>>,
}

impl Memory {
    pub(crate) fn new(bell: Arc<dyn OnCommit>) -> Self {
        Self { inner: Mutex::default(), bell }
    }

    fn inner(&self) -> Result<MutexGuard<'_, Inner>, StoreError> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.closed { Err(StoreError::Unavailable) } else { Ok(inner) }
    }

    fn with<T: Send + 'static>(&self, run: impl FnOnce(&mut Inner) -> Result<T, StoreError>) -> Answer<'static, T> {
        future::ready(self.inner().and_then(|mut inner| run(&mut inner))).boxed()
    }
}

impl Inner {
    fn account(&mut self, account: AccountId) -> Result<&mut Account, StoreError> {
        self.accounts.get_mut(&account).ok_or(StoreError::NoSuchAccount)
    }

    fn append(&mut self, letter: Arc<Letter>, now: Millis) -> Result<(Placed, Option<Committed>), StoreError> {
        let place = (letter.sender, letter.conv, letter.stream, letter.place);
        if let Some((env_id, placed)) = self.places.get(&place) {
            return if *env_id == letter.env_id { Ok((*placed, None)) } else { Err(StoreError::PlaceTaken) };
        }
        if letter.readers().any(|reader| !self.accounts.contains_key(&reader)) {
            return Err(StoreError::NoSuchAccount);
        }
        let mut seqs = Vec::with_capacity(letter.slips.len());
        for (index, reader) in letter.readers().enumerate() {
            let mailbox = &mut self.account(reader)?.mailbox;
            mailbox.push(Entry { letter: letter.clone(), index, received: now, record: None });
            seqs.push(mailbox.len() as u64);
        }
        let placed = Placed { seq: seqs[letter.own], received: now };
        self.places.insert(place, (letter.env_id, placed));
        Ok((placed, Some(Committed { letter, received: now, seqs })))
    }
}

impl Accounts for Memory {
    fn create(&self, new: NewAccount) -> Answer<'_, Created> {
        self.with(|inner| {
            if let Some(account) = inner.accounts.get(&new.account)
                && account.state.version == 1
                && new.repeats(&account.new)
            {
                return Ok(Created::Before);
            }
            if inner.names.contains_key(&new.username) || inner.accounts.contains_key(&new.account) {
                return Err(StoreError::UsernameTaken);
            }
            inner.names.insert(new.username.clone(), new.account);
            let account = Account {
                keystore: Object { version: 1, bytes: new.keystore.clone() },
                state: Object { version: 1, bytes: new.state.clone() },
                statements: vec![new.statement.clone()],
                mailbox: Vec::new(),
                new,
            };
            inner.accounts.insert(account.new.account, account);
            Ok(Created::Now)
        })
    }

    fn is_free(&self, username: &str) -> Answer<'_, bool> {
        self.with(|inner| Ok(!inner.names.contains_key(username)))
    }

    fn any(&self) -> Answer<'_, bool> {
        self.with(|inner| Ok(!inner.accounts.is_empty()))
    }

    fn credential(&self, username: &str, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        self.with(|inner| {
            let Some(account) = inner.names.get(username).copied() else { return Ok(None) };
            let new = &inner.account(account)?.new;
            let access = match kind {
                SecretKind::Password => &new.password,
                SecretKind::RecoveryKey => &new.recovery,
            };
            Ok(Some(Credential { account, profile: new.profile, record: access.record.clone() }))
        })
    }
}

impl Sessions for Memory {
    fn open(&self, token: TokenHash, account: AccountId, now: Millis, instead: Option<TokenHash>) -> Answer<'_, ()> {
        self.with(|inner| {
            inner.account(account)?;
            if let Some(old) = instead {
                inner.sessions.remove(&old);
            }
            inner.sessions.insert(token, (Session { account, created: now, used: now }, Vec::new()));
            Ok(())
        })
    }

    fn session(&self, token: TokenHash) -> Answer<'_, Option<Session>> {
        self.with(|inner| Ok(inner.sessions.get(&token).map(|(session, _)| *session)))
    }

    fn touch(&self, token: TokenHash, now: Millis) -> Answer<'_, ()> {
        self.with(|inner| {
            if let Some((session, _)) = inner.sessions.get_mut(&token) {
                session.used = now;
            }
            Ok(())
        })
    }

    fn end(&self, token: TokenHash) -> Answer<'_, ()> {
        self.with(|inner| {
            inner.sessions.remove(&token);
            Ok(())
        })
    }

    fn expire(&self, used_before: Millis, created_before: Millis) -> Answer<'_, u64> {
        self.with(|inner| {
            let before = inner.sessions.len();
            inner.sessions.retain(|_, (session, _)| session.used >= used_before && session.created >= created_before);
            Ok((before - inner.sessions.len()) as u64)
        })
    }

    fn take_shares(&self, token: TokenHash, next: Share) -> Answer<'_, Vec<Share>> {
        self.with(|inner| {
            let (_, shares) = inner.sessions.get_mut(&token).ok_or(StoreError::NotFound)?;
            let held: Vec<Share> = shares.iter().filter(|share| **share != next).copied().collect();
            if held.len() == shares.len() {
                if shares.len() >= api::MAX_SHARES {
                    return Err(StoreError::TooMany);
                }
                shares.push(next);
            }
            Ok(held)
        })
    }

    fn confirm_share(&self, token: TokenHash, keep: Share) -> Answer<'_, ()> {
        self.with(|inner| {
            let (_, shares) = inner.sessions.get_mut(&token).ok_or(StoreError::NotFound)?;
            if !shares.contains(&keep) {
                return Err(StoreError::NotFound);
            }
            *shares = vec![keep];
            Ok(())
        })
    }
}

impl Directory for Memory {
    fn statements(&self, who: Who, after: u64) -> Answer<'_, Vec<Vec<u8>>> {
        self.with(|inner| {
            let account = match who {
                Who::Name(name) => *inner.names.get(&name.canonical()).ok_or(StoreError::NoSuchAccount)?,
                Who::Id(account) => account,
            };
            let skip = usize::try_from(after).unwrap_or(usize::MAX);
            Ok(inner.account(account)?.statements.iter().skip(skip).cloned().collect())
        })
    }
}

impl Objects for Memory {
    fn vault(&self, account: AccountId, kind: SecretKind) -> Answer<'_, Vault> {
        self.with(|inner| {
            let account = inner.account(account)?;
            let access = match kind {
                SecretKind::Password => &account.new.password,
                SecretKind::RecoveryKey => &account.new.recovery,
            };
            Ok(Vault {
                slot: access.slot.clone(),
                keystore: account.keystore.clone(),
                state: account.state.clone(),
                statements: account.statements.clone(),
            })
        })
    }

    fn put_state(&self, account: AccountId, expected: u64, state: Vec<u8>) -> Answer<'_, u64> {
        self.with(|inner| {
            let stored = &mut inner.account(account)?.state;
            if stored.version != expected {
                return Err(StoreError::VersionConflict);
            }
            *stored = Object { version: expected + 1, bytes: state };
            Ok(stored.version)
        })
    }
}

impl Mailbox for Memory {
    fn append(&self, letter: Arc<Letter>, now: Millis) -> Answer<'static, Placed> {
        self.with(|inner| {
            let (placed, committed) = inner.append(letter, now)?;
            // Under the lock, so that the order of announcements is that of the mailboxes.
            if let Some(committed) = committed {
                self.bell.committed(vec![committed]);
            }
            Ok(placed)
        })
    }

    fn head(&self, account: AccountId) -> Answer<'_, u64> {
        self.with(|inner| Ok(inner.account(account)?.mailbox.len() as u64))
    }

    fn page(&self, account: AccountId, after: u64) -> Answer<'_, Vec<Row>> {
        self.with(|inner| {
            let (mut rows, mut bytes) = (Vec::new(), 0);
            let skip = usize::try_from(after).unwrap_or(usize::MAX);
            for (at, entry) in inner.account(account)?.mailbox.iter().enumerate().skip(skip).take(PAGE_ROWS) {
                let item = Item {
                    received: entry.received,
                    record: entry.record.clone(),
                    header: entry.letter.header.to_vec(),
                    slip: entry.letter.slips[entry.index].1.clone(),
                    body: entry.letter.body.to_vec(),
                };
                bytes += item.body.len() + item.slip.len();
                rows.push((at as u64 + 1, Some(item)));
                if bytes >= PAGE_BYTES {
                    break;
                }
            }
            Ok(rows)
        })
    }

    fn keep(&self, account: AccountId, seq: u64, record: Vec<u8>) -> Answer<'_, ()> {
        self.with(|inner| {
            let at = usize::try_from(seq).ok().and_then(|seq| seq.checked_sub(1)).ok_or(StoreError::NotFound)?;
            let entry = inner.account(account)?.mailbox.get_mut(at).ok_or(StoreError::NotFound)?;
            entry.record.get_or_insert(record);
            Ok(())
        })
    }
}

impl Upkeep for Memory {
    fn check(&self) -> Answer<'_, ()> {
        self.with(|_| Ok(()))
    }

    fn close(&self) -> future::BoxFuture<'_, ()> {
        if let Ok(mut inner) = self.inner() {
            inner.closed = true;
        }
        future::ready(()).boxed()
    }
}
