mod anew;
mod secrets;
mod sessions;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, future};
use signet_shared::{AccountId, ConvId, EnvId, StreamId, api::Who, opaque::SecretKind};

use super::{
    Accounts, AnewRequest, Answer, Committed, Created, Credential, Directory, FIRST_VERSION, Horizon, Item, Letter,
    Mailbox, Millis, NewAccess, NewAccount, NewKeys, Object, Objects, OnCommit, PAGE_BYTES, PAGE_ROWS, Pending, Placed,
    Row, SecretHash, Session, Share, StoreError, TokenHash, Upkeep, Vault, Versions,
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
    /// The statements of deleted accounts.
    gone: HashMap<AccountId, Vec<Vec<u8>>>,
    names: HashMap<String, AccountId>,
    sessions: HashMap<TokenHash, (Session, Vec<Share>)>,
    pending: HashMap<(AccountId, SecretKind), (TokenHash, Pending)>,
    codes: HashMap<AccountId, (SecretHash, Millis)>,
    /// Whose request to start anew was made by a code.
    by_code: HashSet<AccountId>,
    anew: HashMap<AccountId, AnewRequest>,
    /// By the place of the last statement of then.
    earlier: HashMap<(AccountId, u64), Before>,
    places: HashMap<(AccountId, ConvId, StreamId, u64), (EnvId, Placed)>,
    closed: bool,
}

struct Account {
    new: NewAccount,
    access: HashMap<SecretKind, Access>,
    keystore: Object,
    state: Object,
    statements: Vec<Vec<u8>>,
    mailbox: Vec<Entry>,
}

/// What opened an account until it began anew.
struct Before {
    access: HashMap<SecretKind, Access>,
    keystore: Object,
    state: Object,
}

struct Access {
    version: u64,
    profile: u8,
    record: Vec<u8>,
    slot: Vec<u8>,
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
    fn delete(&mut self, token: TokenHash, mark: String) -> Result<Vec<TokenHash>, StoreError> {
        let Session { account, secret, .. } = *self.session(token)?;
        if secret.is_none() {
            return Err(StoreError::SecretReplaced);
        }
        let all = Horizon { used: 0, created: 0 };
        let ended = self.end_all(all, |_, session| session.account == account);
        let Account { new, statements, .. } = self.accounts.remove(&account).ok_or(StoreError::NoSuchAccount)?;
        self.names.remove(&new.username);
        self.names.insert(mark, account);
        self.codes.remove(&account);
        self.anew.remove(&account);
        self.earlier.retain(|(of, _), _| *of != account);
        let in_common = |entry: &Entry| entry.letter.readers().any(|reader| reader == account);
        if self.accounts.values().any(|other| other.mailbox.iter().any(in_common)) {
            self.gone.insert(account, statements);
        }
        Ok(ended.tokens)
    }

    fn account(&mut self, account: AccountId) -> Result<&mut Account, StoreError> {
        self.accounts.get_mut(&account).ok_or(StoreError::NoSuchAccount)
    }

    fn access(&mut self, account: AccountId, kind: SecretKind) -> Result<&mut Access, StoreError> {
        self.account(account)?.access.get_mut(&kind).ok_or(StoreError::Corrupt)
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

impl Account {
    fn put_keys(&mut self, keys: NewKeys) -> Result<u64, StoreError> {
        let NewKeys { expected, keystore, seq, statement } = keys;
        let statements = self.statements.len() as u64;
        let new = Object { version: expected.saturating_add(1), bytes: keystore };
        if self.keystore == new && statements == seq && self.statements.last() == Some(&statement) {
            return Ok(new.version);
        }
        if self.keystore.version != expected || statements + 1 != seq {
            return Err(StoreError::VersionConflict);
        }
        self.keystore = new;
        self.statements.push(statement);
        Ok(self.keystore.version)
    }
}

impl Accounts for Memory {
    fn create(&self, new: NewAccount) -> Answer<'_, Created> {
        self.with(|inner| {
            if let Some(account) = inner.accounts.get(&new.account)
                && account.state.version == 1
                && account.access.values().all(|access| access.version == FIRST_VERSION)
                && new.repeats(&account.new)
            {
                return Ok(Created::Before);
            }
            let taken = |name| inner.names.contains_key(name);
            let known = inner.accounts.contains_key(&new.account) || inner.gone.contains_key(&new.account);
            if taken(&new.username) || taken(&new.mark) || known {
                return Err(StoreError::UsernameTaken);
            }
            inner.names.insert(new.username.clone(), new.account);
            let access = |access: &NewAccess| Access {
                version: FIRST_VERSION,
                profile: new.profile,
                record: access.record.clone(),
                slot: access.slot.clone(),
            };
            let account = Account {
                access: HashMap::from([
                    (SecretKind::Password, access(&new.password)),
                    (SecretKind::RecoveryKey, access(&new.recovery)),
                ]),
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

    fn username(&self, account: AccountId) -> Answer<'_, String> {
        self.with(|inner| Ok(inner.account(account)?.new.username.clone()))
    }

    fn credential(&self, username: &str, kind: SecretKind) -> Answer<'_, Option<Credential>> {
        self.with(|inner| {
            let Some(account) = inner.names.get(username).copied() else { return Ok(None) };
            let Some(way) = inner.account(account)?.access.get(&kind) else { return Ok(None) };
            let Access { version, profile, record, .. } = way;
            Ok(Some(Credential { account, version: *version, profile: *profile, record: record.clone() }))
        })
    }

    fn delete(&self, token: TokenHash, mark: String) -> Answer<'_, Vec<TokenHash>> {
        self.with(|inner| inner.delete(token, mark))
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
            let statements = match inner.gone.get(&account) {
                Some(statements) => statements,
                None => &inner.account(account)?.statements,
            };
            Ok(statements.iter().skip(skip).cloned().collect())
        })
    }
}

impl Objects for Memory {
    fn vault(&self, token: TokenHash) -> Answer<'_, Vault> {
        self.with(|inner| {
            let Session { account, secret, .. } = *inner.session(token)?;
            let slot = match secret {
                Some(kind) => inner.access(account, kind)?.slot.clone(),
                None => Vec::new(),
            };
            let account = inner.account(account)?;
            Ok(Vault {
                slot,
                keystore: account.keystore.clone(),
                state: account.state.clone(),
                statements: account.statements.clone(),
            })
        })
    }

    fn versions(&self, account: AccountId) -> Answer<'_, Versions> {
        self.with(|inner| {
            let account = inner.account(account)?;
            Ok(Versions { keystore: account.keystore.version, state: account.state.version })
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

    fn put_keys(&self, account: AccountId, keys: NewKeys) -> Answer<'_, u64> {
        self.with(|inner| inner.account(account)?.put_keys(keys))
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
