//! What every step of the machine works with: randomness, the clock of this call, the effects so far, and what each
//! outstanding call was for.

use rand_core::CryptoRng;
use signet_ask::{Ask, BackupDates, Event, Question, TabShare, Trouble, encode_answer};
use signet_shared::{AccountId, ClientUuid, EkId, Username, api, api::Body, wire::Refusal};

use super::{
    AskId, CallId, Change, Effect, HttpAnswer, NoAnswer, Row, Table,
    anew::{AnewCall, Claimed},
    earlier::EarlierCall,
    facts::FactsCall,
    kept::Kept,
    local::Device,
    lock::Lock,
    login::LoginCall,
    opening::Reply,
    rescue::RescueCall,
    secret::SecretCall,
    sign_out::Owed,
};
use crate::sorted::Map;

/// What an answer that comes later is for.
#[derive(Debug)]
pub(super) enum Call {
    /// Nobody waits: a confirmation.
    Ignore,
    SignOut,
    AttachBrowser,
    AttachTake,
    AttachVault,
    UpAbout,
    UpStarted,
    UpFinished,
    In(LoginCall),
    Secret(SecretCall),
    Anew(AnewCall),
    Earlier(EarlierCall),
    Rescue(RescueCall),
    Delete(AskId),
    Audit,
    /// Of the renewal that made this key.
    Keys(EkId),
    Facts(FactsCall),
    DepositBrowser,
    DepositTake,
    Load(Table),
    /// Whether this table holds anything: what is asked would forget it.
    LookForUnsent(AskId, Table, Box<Question>),
    PutState,
    Refresh,
    Lookup(AccountId),
    Start {
        ask: AskId,
        name: Username,
    },
}

impl Call {
    /// It belongs to no phase of the machine: a sign-out goes on whatever else begins or ends.
    fn outside(&self) -> bool {
        matches!(self, Self::SignOut | Self::LookForUnsent(..) | Self::Anew(_))
    }

    /// Who waits for it within the session.
    pub(super) fn ask(&self) -> Option<AskId> {
        match self {
            Self::Start { ask, .. } => Some(*ask),
            Self::Facts(call) => Some(call.ask()),
            _ => None,
        }
    }
}

/// What a batch of effects made durable, so that a storage failure can be taken back.
#[derive(Default)]
pub(super) struct Stored {
    pub(super) any: bool,
    pub(super) asks: Vec<AskId>,
    /// What was asked of the relay. It may not have been sent.
    pub(super) calls: Vec<CallId>,
    /// A session began, and this was said of it.
    pub(super) opened: Option<Reply>,
    /// The account was locked.
    pub(super) locked: bool,
    /// Rows of mail: place and number.
    pub(super) mail: Vec<(u64, u64)>,
    pub(super) outbox: Vec<ClientUuid>,
    /// Of the outbox, what had not been there before.
    pub(super) fresh: Vec<ClientUuid>,
}

pub(super) struct Hands<R> {
    pub(super) rng: R,
    pub(super) now: u64,
    pub(super) out: Vec<Effect>,
    pub(super) origin: String,
    pub(super) online: bool,
    pub(super) device: Option<Device>,
    /// The state as this browser last had it, sealed: pins made while the relay was away are in it.
    pub(super) kept_state: Option<Vec<u8>>,
    /// Why this browser's `Meta` rows could not be read, if they could not. Nobody is let in before they are: what looks
    /// like a new browser may be full of what would be cleared away.
    pub(super) unread: Option<String>,
    pub(super) backups: BackupDates,
    pub(super) lock: Lock,
    pub(super) owed: Owed,
    /// The secret key that this browser keeps.
    pub(super) kept: Option<Kept>,
    /// This browser has asked to start an account anew.
    pub(super) anew: Option<Claimed>,
    pub(super) owed_tries: u32,
    /// Rows were found here that may be nowhere else, before a login that is under way.
    pub(super) left: bool,
    pub(super) batch: Stored,
    calls: Map<CallId, Call>,
    next_call: u32,
    /// Calls up to this one were made in a session that a login has replaced.
    older: u32,
}

impl<R: CryptoRng> Hands<R> {
    pub(super) fn new(rng: R) -> Self {
        Self {
            rng,
            now: 0,
            out: Vec::new(),
            origin: String::new(),
            online: true,
            device: None,
            kept_state: None,
            unread: None,
            backups: BackupDates::default(),
            lock: Lock::default(),
            owed: Owed::Nothing,
            kept: None,
            anew: None,
            owed_tries: 0,
            left: false,
            batch: Stored::default(),
            calls: Map::new(),
            next_call: 0,
            older: 0,
        }
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.out.push(effect);
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push(Effect::Event(event));
    }

    pub(super) fn keep_share(&mut self, share: Option<[u8; 32]>) {
        self.event(Event::KeepShare(share.map(TabShare)));
    }

    pub(super) fn log(&mut self, code: &'static str) {
        self.out.push(Effect::Log(code));
    }

    pub(super) fn answer<A: Ask>(&mut self, ask: AskId, result: &Result<A::Answer, Trouble>) {
        if self.batch.any {
            self.batch.asks.push(ask);
        }
        self.out.push(Effect::Answer { ask, result: encode_answer::<A>(result) });
    }

    /// An error's encoding does not depend on the question.
    pub(super) fn fail(&mut self, ask: AskId, trouble: Trouble) {
        self.answer::<signet_ask::SignOut>(ask, &Err(trouble));
    }

    pub(super) fn store(&mut self, changes: Vec<Change>) {
        self.batch.any = true;
        for change in &changes {
            if let Change::Put { table: Table::Outbox, row } = change {
                self.batch.outbox.extend(ClientUuid::from_slice(&row.key));
            }
        }
        self.out.push(Effect::Store(changes));
    }

    /// If there is anything.
    pub(super) fn store_all(&mut self, change: Option<Change>) {
        if change.is_some() {
            self.store(change.into_iter().collect());
        }
    }

    pub(super) fn store_device(&mut self) {
        let change = self.device_change();
        self.store(change.into_iter().collect());
    }

    pub(super) fn device_change(&self) -> Option<Change> {
        let row = Row { key: Device::KEY.to_vec(), value: self.device.as_ref()?.to_bytes() };
        Some(Change::Put { table: Table::Meta, row })
    }

    pub(super) fn post(&mut self, path: &'static str, body: &impl Body, call: Call) {
        self.http(path, Some(body.to_bytes()), call);
    }

    pub(super) fn http(&mut self, path: &'static str, body: Option<Vec<u8>>, call: Call) {
        let call = self.call(call);
        self.out.push(Effect::Http { call, path, body });
    }

    pub(super) fn vault(&mut self, call: Call) {
        self.http(api::VAULT, None, call);
    }

    pub(super) fn browser_share(&mut self, salt: [u8; 32], call: Call) {
        let call = self.call(call);
        self.out.push(Effect::BrowserShare { call, salt });
    }

    pub(super) fn load(&mut self, table: Table) {
        self.load_for(table, Call::Load(table));
    }

    pub(super) fn load_for(&mut self, table: Table, call: Call) {
        let call = self.call(call);
        self.out.push(Effect::Load { call, table });
    }

    fn call(&mut self, call: Call) -> CallId {
        self.next_call = self.next_call.wrapping_add(1);
        let id = CallId(self.next_call);
        self.calls.insert(id, call);
        self.batch.calls.push(id);
        id
    }

    /// What an answer is for; `None` if what asked for it has been given up since.
    pub(super) fn called(&mut self, id: CallId) -> Option<Call> {
        self.calls.remove(&id)
    }

    /// A login has put a new session in the place of this browser's own: that the relay does not know the old one says
    /// nothing about the new.
    pub(super) fn forget_older_refusals(&mut self) {
        self.older = self.next_call;
    }

    pub(super) fn is_older(&self, id: CallId) -> bool {
        id.0 <= self.older
    }

    /// Answers to anything outstanding will be ignored, but for what belongs to no phase.
    pub(super) fn drop_calls(&mut self) {
        let asks: Vec<AskId> = self.calls.values().filter_map(Call::ask).collect();
        self.calls.retain(|_, call| call.outside());
        for ask in asks {
            self.fail(ask, Trouble::SignedOut);
        }
    }

    pub(super) fn asks_anew(&self) -> bool {
        self.calls.values().any(|call| matches!(call, Call::Anew(call) if call.asks()))
    }

    /// As [`Self::called`], if it belongs to no phase.
    pub(super) fn called_outside(&mut self, id: CallId) -> Option<Call> {
        if self.calls.get(&id)?.outside() { self.called(id) } else { None }
    }
}

/// The body of a 200, or the trouble that the answer means.
pub(super) fn body_of(result: Result<HttpAnswer, NoAnswer>) -> Result<Vec<u8>, Trouble> {
    let answer = result.map_err(|NoAnswer| Trouble::Unreachable)?;
    if answer.status == 200 {
        return Ok(answer.body);
    }
    let Some(refusal) = answer.refusal.and_then(Refusal::from_number) else {
        // A proxy speaks for a relay that is away.
        return Err(if answer.status >= 500 { Trouble::Unreachable } else { Trouble::RelayNonsense });
    };
    Err(match refusal {
        Refusal::TooMany => Trouble::TooMany { after_s: answer.retry_after_s.unwrap_or(1) },
        Refusal::SignedOut => Trouble::SessionEnded,
        Refusal::UsernameTaken => Trouble::UsernameTaken,
        Refusal::LoginFailed => Trouble::LoginFailed,
        Refusal::NoSuchAccount | Refusal::NotFound => Trouble::NoSuchUser,
        Refusal::StoreUnavailable | Refusal::Internal => Trouble::RelayStore,
        Refusal::RegistrationClosed => Trouble::RegistrationClosed,
        Refusal::WrongOrigin => Trouble::WrongOrigin { public_url: String::new() },
        Refusal::VersionConflict => Trouble::ChangedElsewhere,
        Refusal::LoginTooOld => Trouble::LoginTooOld,
        Refusal::CodeFailed => Trouble::CodeFailed,
        Refusal::TooEarly => Trouble::TooEarly,
        Refusal::AnewRefused => Trouble::AnewRefused,
        Refusal::Malformed | Refusal::TooLarge | Refusal::PlaceTaken | Refusal::NotYours | Refusal::CrossSite => {
            fault("relay-refused")
        }
    })
}

/// The parsed body of a 200.
pub(super) fn parsed<B: Body>(result: Result<HttpAnswer, NoAnswer>) -> Result<B, Trouble> {
    B::parse(&body_of(result)?).map_err(|_| Trouble::RelayNonsense)
}

/// The pause before one more try: twice the one before it, up to the longest.
pub(super) fn back_off(first_ms: u64, tries: u32, longest_ms: u64) -> u64 {
    first_ms.saturating_mul(1 << tries.min(10)).min(longest_ms)
}

/// The pause before the same is asked again, where it may have been done; `None` if the answer is final.
pub(super) fn pause_before_again(trouble: &Trouble, tries: u32, first_ms: u64, longest_ms: u64) -> Option<u64> {
    let least = match trouble {
        Trouble::Unreachable | Trouble::RelayNonsense | Trouble::RelayStore => 0,
        Trouble::TooMany { after_s } => u64::from(*after_s).saturating_mul(1000),
        _ => return None,
    };
    Some(back_off(first_ms, tries, longest_ms).max(least).min(longest_ms))
}

pub(super) fn fault(code: &str) -> Trouble {
    Trouble::Fault { code: code.to_owned() }
}

/// Checks that this page is at the relay's own address: logins are bound to it.
pub(super) fn check_origin(about: &api::About, origin: &str) -> Result<(), Trouble> {
    if about.public_url.trim_end_matches('/') == origin.trim_end_matches('/') {
        Ok(())
    } else {
        Err(Trouble::WrongOrigin { public_url: about.public_url.clone() })
    }
}
