//! The signed-in state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand_core::CryptoRng;
use signet_ask::{Event, Status, Trouble};
use signet_crypto::Incoming;
use signet_shared::{
    AccountId, ConvId, EnvId, StreamId,
    api::{self, PutState, Stored, Vault},
    limits,
};

use super::{
    AskId, Change, Effect, HttpAnswer, NoAnswer, Row, Table, Timer,
    account::Account,
    conv::Conv,
    hands::{Call, Hands, Stored as Failed, body_of, parsed},
    line::Line,
    local::Device,
    mailbox::Mailbox,
    outbox::Outbox,
    rows::{self, JUDGE, Mail, MailRow, OutRow},
    state::{CHECKPOINTS, Pin, State},
    streams::Place,
};

/// A change of the state is written after this long, together with those that follow at once.
const PUT_AFTER_MS: u64 = 500;
const PUT_AGAIN_MS: u64 = 5_000;
const PUT_PAUSE_MS: u64 = 600_000;
/// So many failures in a row are told.
const PUT_TRIES: u32 = 4;

pub(super) struct Session {
    pub(super) account: Account,
    /// This start's own stream.
    pub(super) stream: StreamId,
    pub(super) state: State,
    pub(super) state_version: u64,
    state_dirty: bool,
    putting: bool,
    /// How often in a row the state could not be written.
    put_tries: u32,
    /// The relay does not take the state.
    pub(super) not_kept: bool,
    pub(super) convs: BTreeMap<ConvId, Conv>,
    pub(super) mailbox: Mailbox,
    /// Deliveries that cannot be judged yet, by place.
    pub(super) held: BTreeMap<u64, Waiting>,
    /// Others are still with the relay, for want of room.
    pub(super) left_behind: bool,
    /// How many answers about the state are on their way.
    refreshing: u32,
    /// Accounts whose statements are being asked for.
    pub(super) asked: BTreeSet<AccountId>,
    pub(super) lookup_tries: u32,
    /// Who wants to see an identity whose statements are not here.
    pub(super) details_asked: Vec<(AskId, AccountId)>,
    pub(super) outbox: Outbox,
    pub(super) drafts: HashMap<ConvId, String>,
    pub(super) line: Line,
    pub(super) tab_share: Option<[u8; 32]>,
}

/// A delivery that waits for a statement or a pin.
pub(super) struct Waiting {
    /// The relay's number for it.
    pub(super) number: u64,
    pub(super) env_id: EnvId,
    pub(super) received_ms: u64,
    pub(super) record: Option<Vec<u8>>,
    pub(super) delivery: Vec<u8>,
    pub(super) sender: AccountId,
    /// What it needs was asked for, and did not help.
    pub(super) tried: bool,
}

impl Session {
    pub(super) fn new<R: CryptoRng>(
        account: Account,
        mut state: State,
        state_version: u64,
        hands: &mut Hands<R>,
    ) -> Self {
        // What this browser knew and the relay does not say (yet): a pin made while the relay was away, or a state that
        // the relay held back.
        let kept = hands.kept_state.as_deref().and_then(|sealed| account.open_state(sealed, 0));
        let mut dirty = false;
        if let Some(mut kept) = kept {
            dirty = kept.merge(state);
            state = kept;
        }
        let mut session = Self {
            account,
            stream: StreamId(hands.random()),
            state,
            state_version,
            state_dirty: dirty,
            putting: false,
            put_tries: 0,
            not_kept: false,
            convs: BTreeMap::new(),
            mailbox: Mailbox::default(),
            held: BTreeMap::new(),
            left_behind: false,
            refreshing: 0,
            asked: BTreeSet::new(),
            lookup_tries: 0,
            details_asked: Vec::new(),
            outbox: Outbox::default(),
            drafts: HashMap::new(),
            line: Line::default(),
            tab_share: None,
        };
        session.sync_convs();
        session
    }

    pub(super) fn me(&self) -> AccountId {
        self.account.id()
    }

    pub(super) fn status(&self) -> Status {
        Status::SignedIn { username: self.account.me.username().shown().to_owned(), account: self.me() }
    }

    /// A conversation for every pin, and the checkpoints as claims of what must be there.
    pub(super) fn sync_convs(&mut self) {
        let (me, stream) = (self.me(), self.stream);
        for (peer, pin) in &self.state.pins {
            let id = ConvId::direct(me, *peer);
            let conv = self.convs.entry(id).or_insert_with(|| Conv::new(id, *peer, pin.since_ms, stream));
            conv.streams.claim(pin.checkpoints.iter().copied());
        }
    }

    pub(super) fn pin_of(&self, conv: &Conv) -> Option<&Pin> {
        self.state.pins.get(&conv.peer)
    }

    /// Takes in the rows of this browser's database.
    pub(super) fn restore<R: CryptoRng>(&mut self, hands: &mut Hands<R>, tables: Vec<(Table, Vec<Row>)>) {
        for (table, mut rows) in tables {
            rows.sort_by(|a, b| a.key.cmp(&b.key));
            for row in rows {
                let Some(plain) = self.account.open_row(table, &row.key, &row.value) else {
                    // Another key's, or damaged: what the relay has is fetched again.
                    hands.log("row-does-not-open");
                    continue;
                };
                match table {
                    Table::Mail => self.restore_mail(&row.key, &plain),
                    Table::Outbox => {
                        if let Some(row) = rows::parse::<OutRow>(&plain) {
                            self.outbox.restore(row);
                        }
                    }
                    Table::Drafts => {
                        let text = core::str::from_utf8(&plain).ok().map(str::to_owned);
                        if let (Some(conv), Some(text)) = (ConvId::from_slice(&row.key), text) {
                            self.drafts.insert(conv, text);
                        }
                    }
                    Table::Contacts => {
                        let conv = AccountId::from_slice(&row.key).map(|peer| ConvId::direct(self.me(), peer));
                        if let Some(conv) = conv.and_then(|conv| self.convs.get_mut(&conv)) {
                            conv.kept_chain = plain.to_vec();
                        }
                    }
                    Table::Meta => {}
                }
            }
        }
        // What has been on the screen before is there again at once.
        for conv in self.convs.values_mut() {
            conv.stop_waiting();
        }
        self.drop_sent(hands);
        if self.state_dirty {
            self.state_changed(hands);
        }
    }

    fn restore_mail(&mut self, key: &[u8], plain: &[u8]) {
        let Ok(place) = key.try_into().map(u64::from_be_bytes) else { return };
        let Some(Mail { number, env_id, judge, row }) = rows::parse::<Mail>(plain) else { return };
        let me = self.me();
        match row {
            // What an earlier version could not read is fetched again.
            MailRow::Refused if judge < JUDGE => return,
            MailRow::Refused => {}
            MailRow::Held { received_ms, record, delivery } => {
                let Ok(incoming) = Incoming::parse(&delivery) else { return };
                let sender = incoming.header().sender_id;
                let waiting = Waiting { number, env_id, received_ms, record, delivery, sender, tried: false };
                self.held.insert(place, waiting);
            }
            MailRow::Equivocal { conv } => match self.convs.get_mut(&conv) {
                Some(conv) => conv.equivocation = true,
                None => return,
            },
            // A row whose conversation is gone is fetched again, and judged anew.
            MailRow::Opened(opened) => match self.convs.get_mut(&opened.conv) {
                Some(conv) => drop(conv.take_in(me, place, &opened)),
                None => return,
            },
        }
        self.mailbox.keep(place, number, env_id);
    }

    pub(super) fn row_change<R: CryptoRng>(
        &self,
        hands: &mut Hands<R>,
        table: Table,
        key: Vec<u8>,
        plain: &[u8],
    ) -> Change {
        let value = self.account.seal_row(table, &key, plain, &mut hands.rng);
        Change::Put { table, row: Row { key, value } }
    }

    /// The state has changed here: kept at once, written to the relay soon.
    pub(super) fn state_changed<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.state_dirty = true;
        self.keep_state(hands);
        hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AFTER_MS });
    }

    /// Timers may have been among what was not carried out.
    pub(super) fn start_timers<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.state_dirty && !self.putting {
            hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AGAIN_MS });
        }
        if self.lookup_tries > 0 {
            self.look_up_later(hands, &Ok(()));
        }
    }

    fn keep_state<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        // Version 0 is no version of the relay's: the copy cannot be taken for one.
        let value = self.account.seal_state(&self.state, 0, &mut hands.rng);
        // A sign-in in this same worker takes it in as a restarted one would.
        hands.kept_state = Some(value.clone());
        let row = Row { key: Device::STATE_KEY.to_vec(), value };
        hands.store(vec![Change::Put { table: Table::Meta, row }]);
    }

    pub(super) fn put_state<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.putting || !self.state_dirty {
            return;
        }
        self.checkpoint();
        let version = self.state_version.saturating_add(1);
        let state = self.account.seal_state(&self.state, version, &mut hands.rng);
        if state.len() > limits::STATE {
            hands.log("state-too-large");
            return self.put_later(hands, true);
        }
        (self.putting, self.state_dirty) = (true, false);
        hands.post(api::STATE, &PutState { expected: self.state_version, state }, Call::PutState);
    }

    /// Tries again after a pause that grows; told where it is final, or does not end.
    fn put_later<R: CryptoRng>(&mut self, hands: &mut Hands<R>, refused: bool) {
        self.state_dirty = true;
        let pause = PUT_AGAIN_MS.saturating_mul(1 << self.put_tries.min(10)).min(PUT_PAUSE_MS);
        self.put_tries = self.put_tries.saturating_add(1);
        hands.push(Effect::Timer { timer: Timer::PutState, after_ms: pause });
        if (refused || self.put_tries >= PUT_TRIES) && !core::mem::replace(&mut self.not_kept, true) {
            hands.event(Event::Conversations(self.conversations()));
        }
    }

    /// Where the streams stand that were written to last, a few per conversation.
    fn checkpoint(&mut self) {
        for conv in self.convs.values() {
            let Some(pin) = self.state.pins.get_mut(&conv.peer) else { continue };
            let mut heads: Vec<(u64, Place)> = conv.streams.heads().map(|(_, place, at)| (at, place)).collect();
            heads.sort_by_key(|(at, _)| core::cmp::Reverse(*at));
            let mut checkpoints: Vec<Place> = heads.into_iter().map(|(_, place)| place).take(CHECKPOINTS).collect();
            for known in &pin.checkpoints {
                match checkpoints.iter_mut().find(|place| place.stream == known.stream) {
                    // Farther than what has come here.
                    Some(place) if known.seq > place.seq => *place = *known,
                    Some(_) => {}
                    None => checkpoints.push(*known),
                }
            }
            checkpoints.truncate(CHECKPOINTS);
            pin.checkpoints = checkpoints;
        }
    }

    pub(super) fn state_put<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        self.putting = false;
        let conflict = matches!(&result, Ok(answer) if answer.status == 409);
        match parsed::<Stored>(result) {
            Ok(stored) => {
                self.seen_version(hands, stored.version);
                self.put_tries = 0;
                if core::mem::take(&mut self.not_kept) {
                    hands.event(Event::Conversations(self.conversations()));
                }
                if self.state_dirty {
                    self.put_state(hands);
                }
                Ok(())
            }
            Err(_) if conflict => {
                self.state_dirty = true;
                self.refresh(hands);
                Ok(())
            }
            Err(Trouble::SessionEnded) => Err(Trouble::SessionEnded),
            Err(trouble) => {
                self.put_later(hands, matches!(trouble, Trouble::Fault { .. }));
                Ok(())
            }
        }
    }

    fn seen_version<R: CryptoRng>(&mut self, hands: &mut Hands<R>, version: u64) {
        self.state_version = version;
        if let Some(device) = &mut hands.device {
            device.state_version = device.state_version.max(version);
        }
        hands.store_device();
    }

    /// Asks for what other browsers of this account have written.
    pub(super) fn refresh<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.refreshing = self.refreshing.saturating_add(1);
        hands.vault(Call::Refresh);
    }

    /// Another browser has written the state: take it in.
    pub(super) fn refreshed<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        result: Result<HttpAnswer, NoAnswer>,
    ) -> Result<(), Trouble> {
        self.refreshing = self.refreshing.saturating_sub(1);
        let vault = match body_of(result) {
            Ok(body) => <Vault as api::Body>::parse(&body).map_err(|_| Trouble::RelayNonsense),
            Err(Trouble::SessionEnded) => return Err(Trouble::SessionEnded),
            Err(trouble) => Err(trouble),
        };
        let Some((theirs, version)) = vault
            .ok()
            .filter(|vault| vault.state_version >= self.state_version)
            .and_then(|vault| Some((self.account.open_state(&vault.state, vault.state_version)?, vault.state_version)))
        else {
            // Not reached, or older than what was seen: this browser's own state goes on, and is tried again.
            hands.log("state-not-refreshed");
            if self.state_dirty {
                hands.push(Effect::Timer { timer: Timer::PutState, after_ms: PUT_AGAIN_MS });
            }
            return Ok(());
        };
        self.state_dirty = self.state.merge(theirs);
        self.seen_version(hands, version);
        self.keep_state(hands);
        self.sync_convs();
        self.try_held(hands, None);
        // What waits for a state that does not come waits in vain.
        let me = self.me();
        for waiting in self.held.values_mut().filter(|waiting| waiting.sender == me) {
            waiting.tried = true;
        }
        self.fetch_left_behind(hands);
        hands.event(Event::Conversations(self.conversations()));
        if self.state_dirty {
            self.put_state(hands);
        }
        Ok(())
    }

    /// Rows that could not be stored do not count as kept.
    pub(super) fn not_stored<R: CryptoRng>(&mut self, hands: &mut Hands<R>, failed: &Failed) {
        for (place, number) in &failed.mail {
            self.mailbox.lose(*place, *number);
        }
        for uuid in &failed.outbox {
            self.outbox_not_stored(hands, uuid, failed.fresh.contains(uuid));
        }
    }
}
