//! An honest relay in memory: what `shared` says of it, and nothing more.

use std::collections::{BTreeMap, HashMap, VecDeque};

use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, Identifiers, RegistrationRequest, RegistrationUpload,
    Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup, TripleDh, ksf,
    rand::{CryptoRng, Error, RngCore},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use signet_crypto::VerifiedAccount;
use signet_shared::{
    AccountId, ConvId, StreamId,
    api::{self, Body},
    envelope::{Delivery, Envelope},
    opaque::{KdfProfile, SecretKind, context, credential_id},
    statement::SignedStatement,
    wire::{ClientFrame, Refusal, ServerFrame},
};
use signet_vault::machine::HttpAnswer;

pub const ORIGIN: &str = "https://relay.test";

pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = ksf::Identity;
}

#[derive(Clone)]
pub struct Mail {
    pub delivery: Vec<u8>,
    pub record: Option<Vec<u8>>,
}

#[derive(Clone)]
pub struct Account {
    pub username: String,
    pub records: HashMap<u8, (Vec<u8>, Vec<u8>)>,
    pub statements: Vec<Vec<u8>>,
    pub keystore: Vec<u8>,
    pub keystore_version: u64,
    pub state: Vec<u8>,
    pub state_version: u64,
    pub mailbox: Vec<Mail>,
}

impl Account {
    /// Nobody can sign in to it.
    pub fn bare(username: &str) -> Self {
        Self {
            username: username.into(),
            records: HashMap::new(),
            statements: Vec::new(),
            keystore: Vec::new(),
            keystore_version: 0,
            state: Vec::new(),
            state_version: 0,
            mailbox: Vec::new(),
        }
    }
}

#[derive(Clone, Default)]
pub struct Session {
    account: Option<AccountId>,
    pub(super) shares: Vec<[u8; 32]>,
    pub(super) handle: [u8; 16],
    /// By which secret, if by a login.
    pub(super) by: Option<SecretKind>,
    /// The secret was replaced since, by another session.
    pub(super) stale: bool,
    /// The last step of a replacement that this session made, and how many sessions it ended.
    pub(super) finished: Option<([u8; 32], u32)>,
}

/// A new way in that waits.
pub(super) struct Pending {
    pub(super) client: Client,
    pub(super) handle: [u8; 16],
    pub(super) access: (Vec<u8>, Vec<u8>),
}

/// A request to start an account anew.
#[derive(Clone, Copy)]
pub struct Anew {
    pub id: [u8; 16],
    pub(super) claim: [u8; 32],
    pub(super) by_code: bool,
    pub refused: bool,
    pub(super) done: bool,
    pub(super) asked_ms: u64,
}

/// What an account had until it began anew.
#[derive(Clone)]
pub struct Earlier {
    pub records: HashMap<u8, (Vec<u8>, Vec<u8>)>,
    pub keystore: Vec<u8>,
    pub keystore_version: u64,
    pub state: Vec<u8>,
    pub state_version: u64,
}

/// A browser's number: its cookie and its socket.
pub type Client = usize;

type Started = ([u8; 32], ServerLogin<Suite>, Vec<u8>);

pub struct Relay {
    setup: ServerSetup<Suite>,
    rng: OldRng,
    pub accounts: BTreeMap<AccountId, Account>,
    pub sessions: HashMap<Client, Session>,
    /// Statements of deleted accounts, which others' history needs.
    pub gone: BTreeMap<AccountId, (String, Vec<Vec<u8>>)>,
    pub(super) logins: HashMap<[u8; 32], (ServerLogin<Suite>, AccountId, SecretKind)>,
    pub(super) pending: HashMap<(AccountId, u8), Pending>,
    /// The operator's one-time codes.
    pub codes: HashMap<String, [u8; 15]>,
    pub anew: BTreeMap<AccountId, Anew>,
    /// How long every request has yet to wait.
    pub anew_left_ms: u64,
    pub earlier: HashMap<(AccountId, u64), Earlier>,
    pub(super) earlier_logins: HashMap<[u8; 32], (ServerLogin<Suite>, Client, u64, SecretKind)>,
    /// Sockets that the relay closes, with the code.
    pub closing: Vec<(Client, u16)>,
    /// Logins are too old for replacing anything.
    pub logins_too_old: bool,
    /// Evil: what a new secret is tried against is not what was laid down.
    pub swap_pending_slot: bool,
    /// Evil: who is asked for, and whose statements are given.
    pub instead: Option<(AccountId, AccountId)>,
    sent: HashMap<(AccountId, Vec<u8>), u64>,
    /// What made an account: the same again is no error.
    pub finished: HashMap<AccountId, Vec<u8>>,
    /// Which clients have subscribed, and how far each has been served.
    pub sockets: BTreeMap<Client, Option<u64>>,
    /// Frames to clients.
    pub outgoing: Vec<(Client, ServerFrame)>,
    pub public_url: String,
    pub open: bool,
    /// Every body and frame that came in, for canaries.
    pub heard: Vec<Vec<u8>>,
    pub refuse_next: Option<Refusal>,
    /// Of each line's streams, the first message that was refused for the moment: what is behind it waits for it.
    turns: BTreeMap<(Client, ConvId, StreamId), u64>,
    /// How long a refusal asks to be left alone.
    pub retry_after_s: u32,
    /// Evil: what is said of the version after a state was stored.
    pub stored_version: Option<u64>,
    /// States of another browser, each of which comes just before the next one that is put.
    pub overtaking: VecDeque<Vec<u8>>,
    /// Every request to this path is refused.
    pub refuse_path: Option<(&'static str, Refusal)>,
    /// Other browsers are not told of new keys.
    pub no_news: bool,
    /// Evil: nobody is told that the backlog has come in.
    pub never_caught_up: bool,
    /// Evil: nor how long the backlog is.
    pub never_subscribed: bool,
    /// Evil: what is said of how long the mailbox is.
    pub claimed_head: Option<u64>,
    /// Evil: every number is one too high.
    pub skip_number: bool,
    /// Evil: this client is delivered nothing.
    pub kept_from: Option<Client>,
    /// Evil: whom a name means, where more than one has it.
    pub prefer: Option<AccountId>,
    /// Ids that were looked up.
    pub lookups: Vec<AccountId>,
    /// Requests, by path.
    pub paths: Vec<String>,
    /// Evil: the key-stretching profile that a login is told.
    pub profile: u8,
    /// Evil: which secret's slot is handed out, whatever was logged in with.
    pub slot: Option<SecretKind>,
}

impl Session {
    pub(super) fn is_of(&self, account: AccountId) -> bool {
        self.account == Some(account)
    }
}

impl Relay {
    pub(super) fn bytes(&mut self) -> [u8; 32] {
        self.rng.bytes()
    }

    pub fn new() -> Self {
        Self {
            // The same for every world, so that whoever signed up in one can be put into another.
            setup: ServerSetup::new(&mut OldRng::new(0)),
            rng: OldRng::new(1),
            accounts: BTreeMap::new(),
            sessions: HashMap::new(),
            gone: BTreeMap::new(),
            logins: HashMap::new(),
            pending: HashMap::new(),
            codes: HashMap::new(),
            anew: BTreeMap::new(),
            anew_left_ms: 72 * 3_600_000,
            earlier: HashMap::new(),
            earlier_logins: HashMap::new(),
            closing: Vec::new(),
            logins_too_old: false,
            swap_pending_slot: false,
            instead: None,
            sent: HashMap::new(),
            finished: HashMap::new(),
            sockets: BTreeMap::new(),
            outgoing: Vec::new(),
            public_url: ORIGIN.into(),
            open: true,
            heard: Vec::new(),
            refuse_next: None,
            turns: BTreeMap::new(),
            retry_after_s: 0,
            stored_version: None,
            overtaking: VecDeque::new(),
            refuse_path: None,
            no_news: false,
            never_caught_up: false,
            never_subscribed: false,
            claimed_head: None,
            skip_number: false,
            kept_from: None,
            prefer: None,
            lookups: Vec::new(),
            paths: Vec::new(),
            profile: 1,
            slot: None,
        }
    }

    /// Evil: another long-term OPAQUE key, and everything else as it was.
    pub fn swap_opaque_key(&mut self) {
        // oprf_seed[64] | server key[32] | key for names that do not exist[32]
        let other = ServerSetup::<Suite>::new(&mut self.rng).serialize();
        let mut bytes = self.setup.serialize();
        assert_eq!(bytes.len(), 128);
        bytes[64..96].copy_from_slice(&other[64..96]);
        self.setup = ServerSetup::deserialize(&bytes).unwrap();
    }

    pub fn named(&mut self, name: &str) -> Option<(AccountId, &mut Account)> {
        let prefer = self.prefer;
        let has = |account: &Account| account.username.eq_ignore_ascii_case(name);
        let preferred = self.accounts.iter().any(|(id, account)| Some(*id) == prefer && has(account));
        let mut accounts = self.accounts.iter_mut();
        let found = accounts.find(|(id, account)| has(account) && (!preferred || Some(**id) == prefer));
        found.map(|(id, account)| (*id, account))
    }

    /// Lays something into a mailbox, as the relay can at any time.
    pub fn push(&mut self, reader: AccountId, mail: Mail) {
        self.accounts.get_mut(&reader).unwrap().mailbox.push(mail);
        self.serve();
    }

    /// Evil: takes the last messages that someone wrote out of a mailbox.
    pub fn cut(&mut self, reader: AccountId, from: &str, count: usize) {
        let from = self.named(from).unwrap().0;
        let mailbox = &mut self.accounts.get_mut(&reader).unwrap().mailbox;
        for _ in 0..count {
            let by = |mail: &Mail| Delivery::parse(&mail.delivery).unwrap().header.sender_id == from;
            let at = mailbox.iter().rposition(by).unwrap();
            mailbox.remove(at);
        }
    }

    /// Evil: shows an older state again.
    pub fn put_back(&mut self, id: AccountId, state: &[u8], version: u64) {
        let account = self.accounts.get_mut(&id).unwrap();
        (account.state, account.state_version) = (state.to_vec(), version);
    }

    /// What a reader makes of an account's statements.
    pub fn verified(&self, id: AccountId) -> VerifiedAccount {
        let parse = |bytes: &Vec<u8>| SignedStatement::parse(bytes).unwrap();
        let chain: Vec<_> = self.accounts[&id].statements.iter().map(parse).collect();
        VerifiedAccount::verify_through_resets(&chain).unwrap()
    }

    pub fn end_session(&mut self, client: Client) {
        self.sessions.remove(&client);
    }

    /// A session in place of the one that the browser had, whose socket closes.
    pub(super) fn open_session(&mut self, client: Client, account: AccountId, by: Option<SecretKind>) {
        let handle = self.rng.bytes()[..16].try_into().unwrap();
        let session = Session { account: Some(account), handle, by, ..Session::default() };
        if self.sessions.insert(client, session).is_some() && self.sockets.remove(&client).is_some() {
            self.closing.push((client, 4001));
        }
    }

    pub(super) fn end_and_close(&mut self, client: Client) {
        self.sessions.remove(&client);
        if self.sockets.remove(&client).is_some() {
            self.closing.push((client, 4001));
        }
    }

    pub(super) fn others(&self, client: Client) -> Vec<Client> {
        let account = self.sessions[&client].account;
        let others = self.sessions.iter().filter(|(id, session)| **id != client && session.account == account);
        others.map(|(id, _)| *id).collect()
    }

    /// The session, if it may replace a secret.
    pub(super) fn fresh(&self, client: Client) -> Result<AccountId, Refusal> {
        let id = self.me(client)?;
        let session = &self.sessions[&client];
        let fresh = session.by.is_some() && !session.stale && !self.logins_too_old;
        if fresh { Ok(id) } else { Err(Refusal::LoginTooOld) }
    }

    pub(super) fn login(
        &mut self,
        name: &str,
        kind: SecretKind,
        record: Option<&[u8]>,
        ke1: &[u8],
    ) -> Result<Started, Refusal> {
        let context = context(KdfProfile::One, ORIGIN);
        let started = ServerLogin::start(
            &mut self.rng,
            &self.setup,
            record.map(|bytes| ServerRegistration::deserialize(bytes).unwrap()),
            CredentialRequest::deserialize(ke1).map_err(|_| Refusal::Malformed)?,
            &credential_id(kind, name),
            ServerLoginParameters { context: Some(&context), identifiers: Identifiers::default() },
        )
        .map_err(|_| Refusal::Malformed)?;
        Ok((self.rng.bytes(), started.state, started.message.serialize().to_vec()))
    }

    pub(super) fn register(&self, name: &str, kind: SecretKind, message: &[u8]) -> Result<Vec<u8>, Refusal> {
        let request = RegistrationRequest::deserialize(message).map_err(|_| Refusal::Malformed)?;
        let started = ServerRegistration::<Suite>::start(&self.setup, request, &credential_id(kind, name));
        Ok(started.map_err(|_| Refusal::Malformed)?.message.serialize().to_vec())
    }

    pub fn http(&mut self, client: Client, path: &str, body: Option<Vec<u8>>) -> HttpAnswer {
        let body = body.unwrap_or_default();
        self.heard.push(body.clone());
        self.paths.push(path.into());
        match self.answer(client, path, &body) {
            Ok(body) => HttpAnswer { status: 200, refusal: None, retry_after_s: None, body },
            Err(refusal) => HttpAnswer {
                status: refusal.status(),
                refusal: Some(refusal.number()),
                retry_after_s: Some(self.retry_after_s),
                body: Vec::new(),
            },
        }
    }

    pub(super) fn me(&self, client: Client) -> Result<AccountId, Refusal> {
        self.sessions.get(&client).and_then(|session| session.account).ok_or(Refusal::SignedOut)
    }

    fn answer(&mut self, client: Client, path: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        if let Some((_, refusal)) = self.refuse_path.filter(|(refused, _)| *refused == path) {
            return Err(refusal);
        }
        match path {
            api::ABOUT => {
                Ok(api::About { public_url: self.public_url.clone(), registration_open: self.open }.to_bytes())
            }
            api::REGISTER_START => {
                let q: api::RegisterStart = read(body)?;
                let had = |name: &str| name.eq_ignore_ascii_case(q.username.shown());
                if self.named(q.username.shown()).is_some() || self.gone.values().any(|(name, _)| had(name)) {
                    return Err(Refusal::UsernameTaken);
                }
                let name = q.username.canonical();
                let password = self.register(&name, SecretKind::Password, &q.password)?;
                let recovery = self.register(&name, SecretKind::RecoveryKey, &q.recovery)?;
                Ok(api::RegisterStarted { password, recovery }.to_bytes())
            }
            api::REGISTER_FINISH => {
                let q: api::RegisterFinish = read(body)?;
                if self.finished.get(&q.account_id).is_some_and(|made| *made == body) {
                    self.open_session(client, q.account_id, None);
                    return self.vault(q.account_id, SecretKind::Password);
                }
                if self.named(q.username.shown()).is_some() {
                    return Err(Refusal::UsernameTaken);
                }
                assert_eq!(SignedStatement::parse(&q.statement).unwrap().statement.account_id, q.account_id);
                let records = HashMap::from([(1, keep(&q.password)), (2, keep(&q.recovery))]);
                let account = Account {
                    username: q.username.shown().into(),
                    records,
                    statements: vec![q.statement],
                    keystore: q.keystore,
                    keystore_version: 1,
                    state: q.state,
                    state_version: 1,
                    mailbox: Vec::new(),
                };
                self.accounts.insert(q.account_id, account);
                self.finished.insert(q.account_id, body.to_vec());
                self.open_session(client, q.account_id, None);
                self.vault(q.account_id, SecretKind::Password)
            }
            api::LOGIN_START => {
                let q: api::LoginStart = read(body)?;
                let (id, record) = match self.named(q.username.shown()) {
                    Some((id, account)) => (id, account.records.get(&q.kind.number()).map(|way| way.0.clone())),
                    None => (AccountId([0; 16]), None),
                };
                let name = q.username.canonical();
                let (login_id, state, ke2) = self.login(&name, q.kind, record.as_deref(), &q.ke1)?;
                self.logins.insert(login_id, (state, id, q.kind));
                Ok(api::LoginStarted { login_id, profile: self.profile, ke2 }.to_bytes())
            }
            api::LOGIN_FINISH => {
                let q: api::LoginFinish = read(body)?;
                let (state, id, kind) = self.logins.remove(&q.login_id).ok_or(Refusal::LoginFailed)?;
                finish_login(state, &q.ke3)?;
                self.open_session(client, id, Some(kind));
                self.vault(id, kind)
            }
            api::SIGN_OUT => {
                self.me(client)?;
                self.sessions.remove(&client);
                Ok(Vec::new())
            }
            api::VAULT => self.vault(self.me(client)?, SecretKind::Password),
            api::STATE => {
                let id = self.me(client)?;
                let q: api::PutState = read(body)?;
                let account = self.accounts.get_mut(&id).unwrap();
                if let Some(state) = self.overtaking.pop_front() {
                    (account.state_version, account.state) = (account.state_version + 1, state);
                }
                if account.state_version != q.expected {
                    return Err(Refusal::VersionConflict);
                }
                account.state_version += 1;
                account.state = q.state;
                let version = account.state_version;
                let others = self.sockets.keys().filter(|other| **other != client && self.me(**other) == Ok(id));
                let told: Vec<_> = others.map(|other| (*other, ServerFrame::StateChanged { version })).collect();
                self.outgoing.extend(told);
                Ok(api::Stored { version: self.stored_version.unwrap_or(version) }.to_bytes())
            }
            api::KEYS => {
                let id = self.me(client)?;
                let q: api::PutKeys = read(body)?;
                let account = &self.accounts[&id];
                let next = q.expected + 1;
                let again = account.keystore_version == next
                    && account.keystore == q.keystore
                    && account.statements.last() == Some(&q.statement);
                if !again {
                    self.follows(id, &q)?;
                }
                self.put_keys(client, id, q, again);
                Ok(api::Stored { version: next }.to_bytes())
            }
            api::SHARE_TAKE => {
                self.me(client)?;
                let q: api::TakeShare = read(body)?;
                let session = self.sessions.get_mut(&client).unwrap();
                let shares = session.shares.clone();
                session.shares.push(q.next);
                Ok(api::Shares { shares }.to_bytes())
            }
            api::SHARE_CONFIRM => {
                self.me(client)?;
                let q: api::TakeShare = read(body)?;
                self.sessions.get_mut(&client).unwrap().shares = vec![q.next];
                Ok(Vec::new())
            }
            api::LOOKUP => {
                self.me(client)?;
                let q: api::Lookup = read(body)?;
                if let api::Who::Id(id) = &q.who {
                    self.lookups.push(*id);
                }
                let found = match &q.who {
                    api::Who::Name(name) => self.named(name.shown()).map(|(id, _)| id),
                    api::Who::Id(id) => Some(*id),
                };
                let given = match (found, self.instead) {
                    (Some(id), Some((asked, given))) if id == asked => Some(given),
                    (found, _) => found,
                };
                let account = given.and_then(|id| self.accounts.get(&id)).map(|account| &account.statements);
                let gone = given.and_then(|id| self.gone.get(&id)).map(|(_, statements)| statements);
                let statements = account.or(gone).ok_or(Refusal::NoSuchAccount)?.iter();
                let after = usize::try_from(q.after).unwrap();
                Ok(api::Statements { statements: statements.skip(after).cloned().collect() }.to_bytes())
            }
            api::SESSIONS => {
                let me = self.me(client)?;
                let mine = self.sessions.iter().filter(|(_, session)| session.account == Some(me));
                let mut sessions: Vec<_> = mine
                    .map(|(id, session)| api::SessionInfo {
                        handle: session.handle,
                        created: 1,
                        used: 2,
                        browser: api::BrowserFamily::Firefox,
                        system: api::SystemFamily::Linux,
                        current: *id == client,
                    })
                    .collect();
                sessions.sort_by_key(|session| session.handle);
                Ok(api::Sessions { sessions }.to_bytes())
            }
            api::SESSIONS_END => {
                self.me(client)?;
                let q: api::EndSessions = read(body)?;
                let others = self.others(client).into_iter();
                let ended: Vec<Client> = match q.which {
                    api::WhichSessions::Others => others.collect(),
                    api::WhichSessions::One(handle) => {
                        others.filter(|other| self.sessions[other].handle == handle).collect()
                    }
                };
                ended.iter().for_each(|ended| self.end_and_close(*ended));
                Ok(api::Ended { ended: ended.len() as u32 }.to_bytes())
            }
            api::ACCOUNT_DELETE => {
                let id = self.fresh(client)?;
                let account = self.accounts.remove(&id).unwrap();
                self.gone.insert(id, (account.username, account.statements));
                let mine: Vec<Client> =
                    self.sessions.iter().filter(|(_, s)| s.account == Some(id)).map(|(client, _)| *client).collect();
                mine.into_iter().for_each(|client| self.end_and_close(client));
                Ok(Vec::new())
            }
            _ => self.answer_secrets(client, path, body),
        }
    }

    pub(super) fn vault(&self, id: AccountId, kind: SecretKind) -> Result<Vec<u8>, Refusal> {
        let account = &self.accounts[&id];
        let kind = self.slot.unwrap_or(kind);
        Ok(api::Vault {
            account_id: id,
            slot: account.records[&kind.number()].1.clone(),
            keystore_version: account.keystore_version,
            keystore: account.keystore.clone(),
            state_version: account.state_version,
            state: account.state.clone(),
            statements: account.statements.clone(),
        }
        .to_bytes())
    }

    /// `false`: the socket is refused, nobody is signed in.
    pub fn connect(&mut self, client: Client) -> bool {
        if self.me(client).is_err() {
            return false;
        }
        self.sockets.insert(client, None);
        self.turns.retain(|(other, ..), _| *other != client);
        true
    }

    pub fn frame(&mut self, client: Client, bytes: &[u8]) {
        self.heard.push(bytes.to_vec());
        let id = self.me(client).unwrap();
        match ClientFrame::parse(bytes).unwrap() {
            ClientFrame::Subscribe { after } => {
                let head = self.accounts[&id].mailbox.len() as u64;
                if !self.never_subscribed {
                    let head = self.claimed_head.unwrap_or(head);
                    let (keystore, state) = (self.accounts[&id].keystore_version, self.accounts[&id].state_version);
                    self.outgoing.push((client, ServerFrame::Subscribed { head, keystore, state }));
                    if let Some(asked) = self.asked(id) {
                        self.outgoing.push((client, ServerFrame::Anew(Some(asked))));
                    }
                }
                self.sockets.insert(client, Some(after));
                self.serve();
                if !self.never_caught_up {
                    self.outgoing.push((client, ServerFrame::CaughtUp { seq: head }));
                }
            }
            ClientFrame::Send { req, envelope } => {
                let answer = match self.take_turn(client, &envelope).and_then(|()| self.store(id, &envelope)) {
                    Ok(seq) => ServerFrame::Sent { req, seq, received_ms: 0 },
                    Err(refusal) => ServerFrame::Refused { req, refusal, retry_after_s: self.retry_after_s },
                };
                self.outgoing.push((client, answer));
                self.serve();
            }
            ClientFrame::Keep { seq, record } => {
                let at = usize::try_from(seq).unwrap() - 1;
                let mail = &mut self.accounts.get_mut(&id).unwrap().mailbox[at];
                mail.record.get_or_insert(record);
                self.outgoing.push((client, ServerFrame::Kept { seq }));
            }
            ClientFrame::Ping { nonce } => self.outgoing.push((client, ServerFrame::Pong { nonce })),
        }
    }

    /// Refuses what is to be refused, and what is behind it in its stream until it comes again.
    fn take_turn(&mut self, client: Client, envelope: &[u8]) -> Result<(), Refusal> {
        let header = Envelope::parse(envelope).map_err(|_| Refusal::Malformed)?.header;
        let stream = (client, header.conv_id, header.stream_id);
        if self.turns.get(&stream).is_some_and(|first| *first < header.seq) {
            return Err(Refusal::TooMany);
        }
        self.turns.remove(&stream);
        let Some(refusal) = self.refuse_next.take() else { return Ok(()) };
        if refusal.is_passing() {
            self.turns.insert(stream, header.seq);
        }
        Err(refusal)
    }

    fn store(&mut self, sender: AccountId, bytes: &[u8]) -> Result<u64, Refusal> {
        if let Some(seq) = self.sent.get(&(sender, bytes.to_vec())) {
            return Ok(*seq);
        }
        let envelope = Envelope::parse(bytes).map_err(|_| Refusal::Malformed)?;
        if envelope.header.sender_id != sender {
            return Err(Refusal::NotYours);
        }
        if envelope.recipients().any(|reader| !self.accounts.contains_key(&reader)) {
            return Err(Refusal::NoSuchAccount);
        }
        let mut own = 0;
        for (reader, delivery) in envelope.deliveries() {
            let mailbox = &mut self.accounts.get_mut(&reader).unwrap().mailbox;
            mailbox.push(Mail { delivery: delivery.to_bytes(), record: None });
            if reader == sender {
                own = mailbox.len() as u64;
            }
        }
        self.sent.insert((sender, bytes.to_vec()), own);
        Ok(own)
    }

    fn serve(&mut self) {
        for (client, served) in &mut self.sockets {
            let id = self.sessions.get(client).and_then(|session| session.account);
            let (Some(id), Some(served)) = (id, served) else { continue };
            if self.kept_from == Some(*client) {
                continue;
            }
            let mailbox = &self.accounts[&id].mailbox;
            for (at, mail) in mailbox.iter().enumerate().skip(usize::try_from(*served).unwrap()) {
                let (record, delivery) = (mail.record.clone(), mail.delivery.clone());
                let seq = at as u64 + 1 + u64::from(self.skip_number);
                self.outgoing.push((*client, ServerFrame::Deliver { seq, received_ms: 0, record, delivery }));
            }
            *served = (*served).max(mailbox.len() as u64);
        }
    }
}

pub(super) fn keep(access: &api::Access) -> (Vec<u8>, Vec<u8>) {
    let upload = RegistrationUpload::<Suite>::deserialize(&access.record).unwrap();
    (ServerRegistration::finish(upload).serialize().to_vec(), access.slot.clone())
}

pub(super) fn finish_login(state: ServerLogin<Suite>, ke3: &[u8]) -> Result<(), Refusal> {
    let ke3 = CredentialFinalization::deserialize(ke3).map_err(|_| Refusal::Malformed)?;
    let context = context(KdfProfile::One, ORIGIN);
    let parameters = ServerLoginParameters { context: Some(&context), identifiers: Identifiers::default() };
    state.finish(ke3, parameters).map(drop).map_err(|_| Refusal::LoginFailed)
}

pub(super) fn read<B: Body>(body: &[u8]) -> Result<B, Refusal> {
    B::parse(body).map_err(|_| Refusal::Malformed)
}

/// `opaque-ke` speaks an older `rand_core`.
struct OldRng(StdRng);

impl OldRng {
    fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

impl RngCore for OldRng {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for OldRng {}
