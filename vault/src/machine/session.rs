//! The session of an account that is signed in.

use rand_core::CryptoRng;
use signet_ask::{AnewNotice, Status};
use signet_crypto::Incoming;
use signet_shared::{AccountId, ConvId, EkId, EnvId, StreamId};

use super::{
    AskId, Row, Table,
    account::{Account, Version},
    conv::Conv,
    earlier::Earlier,
    hands::{Hands, Stored as Failed},
    inbox::NOT_ASKED,
    line::Line,
    local::Deposit,
    mailbox::Mailbox,
    outbox::Outbox,
    pin::Pin,
    renew::Renewal,
    rescue::Rescue,
    rows::{self, JUDGE, Mail, MailRow, OutRow, Restored},
    secret::Change,
    state::State,
    sync::Sync,
};
use crate::sorted::{Map, first_bytes, in_order};

pub(super) struct Session {
    pub(super) account: Account,
    /// This start's own stream.
    pub(super) stream: StreamId,
    pub(super) state: State,
    pub(super) sync: Sync,
    pub(super) convs: Map<ConvId, Conv>,
    pub(super) mailbox: Mailbox,
    /// Deliveries that cannot be judged yet, by place.
    pub(super) held: Map<u64, Waiting>,
    /// Messages that do not open, of before this account began anew: by place, the number, the conversation and the key.
    pub(super) sealed: Map<u64, (u64, ConvId, EkId)>,
    /// Whose others are still with the relay, for want of room.
    pub(super) left_behind: Vec<AccountId>,
    /// Accounts whose statements are being asked for.
    pub(super) asked: Vec<AccountId>,
    pub(super) lookup_tries: u32,
    /// After a look-up in vain, nothing that lies here asks before this.
    pub(super) lookups_rest_until_ms: u64,
    /// That was because the relay was not reached.
    pub(super) unreached: bool,
    /// Who wants to see an identity whose statements are not here.
    pub(super) details_asked: Vec<(AskId, AccountId)>,
    pub(super) outbox: Outbox,
    pub(super) drafts: Map<ConvId, String>,
    pub(super) line: Line,
    pub(super) tab_share: Option<[u8; 32]>,
    /// Signed in with the recovery key, and the password not replaced since.
    pub(super) by_recovery_key: bool,
    /// A secret is being replaced or tested.
    pub(super) change: Option<Box<Change>>,
    /// The relay has been asked for a session in the place of this one, and has not answered.
    pub(super) replacing: bool,
    /// The encryption key is being renewed.
    pub(super) renewal: Option<Box<Renewal>>,
    /// Everything that opens the account is being replaced, or was to be.
    pub(super) rescue: Option<Box<Rescue>>,
    /// The relay gives others other keys for this account than it has.
    pub(super) own_keys_differ: bool,
    /// The relay gives others a newer key than is here, and has been asked for what is in the keystore.
    pub(super) behind: bool,
    /// A local slot in the making, after that.
    pub(super) deposit: Option<Deposit>,
    /// Somebody asks to start this account anew.
    pub(super) anew: Option<AnewNotice>,
    /// What this account had before it began anew is being opened.
    pub(super) earlier: Option<Box<Earlier>>,
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
    /// It names a statement of this account's own that was not known; once so many of the relay's answers about the account
    /// have been taken in, it should be.
    pub(super) own_from: Option<u32>,
}

impl Session {
    pub(super) fn new<R: CryptoRng>(
        account: Account,
        mut state: State,
        version: Version,
        hands: &mut Hands<R>,
    ) -> Self {
        // What this browser knew and the relay does not say (yet): a pin made while the relay was away, or a state that
        // the relay held back.
        let kept = hands.kept_state.as_deref().and_then(|sealed| account.open_kept_state(sealed));
        let mut dirty = false;
        if let Some(mut kept) = kept {
            dirty = kept.merge(state);
            state = kept;
        }
        let mut session = Self {
            account,
            stream: StreamId(hands.random()),
            state,
            sync: Sync::new(version, dirty, hands.device.as_ref().is_some_and(|device| device.rolled_back)),
            convs: Map::new(),
            mailbox: Mailbox::default(),
            held: Map::new(),
            sealed: Map::new(),
            left_behind: Vec::new(),
            asked: Vec::new(),
            lookup_tries: 0,
            lookups_rest_until_ms: 0,
            unreached: false,
            details_asked: Vec::new(),
            outbox: Outbox::default(),
            drafts: Map::new(),
            line: Line::default(),
            tab_share: None,
            by_recovery_key: false,
            change: None,
            replacing: false,
            renewal: None,
            rescue: None,
            own_keys_differ: false,
            behind: false,
            deposit: None,
            anew: None,
            earlier: None,
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

    /// A conversation for every pin, and the checkpoints as claims of what must be there. True if any says something new.
    pub(super) fn sync_convs(&mut self) -> bool {
        let (me, stream) = (self.me(), self.stream);
        let mut grown = false;
        for (peer, pin) in self.state.pins.iter() {
            let id = ConvId::direct(me, *peer);
            let conv = self.convs.get_or_insert_with(id, || Conv::new(id, *peer, pin.since_ms, stream));
            grown |= conv.streams.claim(pin.checkpoints.iter().copied());
        }
        grown
    }

    pub(super) fn pin_of(&self, conv: &Conv) -> Option<&Pin> {
        self.state.pins.get(&conv.peer)
    }

    /// Takes in the rows of this browser's database.
    pub(super) fn restore<R: CryptoRng>(&mut self, hands: &mut Hands<R>, tables: Vec<(Table, Vec<Row>)>) {
        let mut restored = Vec::new();
        for (table, rows) in tables {
            // Messages by their places; the order of the others says nothing.
            for row in in_order(rows, |row| first_bytes(&row.key)) {
                let Some(plain) = self.account.open_row(table, &row.key, &row.value) else {
                    // Another key's, or damaged: what the relay has is fetched again.
                    hands.log("row-does-not-open");
                    continue;
                };
                match table {
                    Table::Mail => self.restore_mail(&row.key, &plain),
                    Table::Restored => restored.extend(rows::parse::<Vec<Restored>>(&plain).unwrap_or_default()),
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
        self.take_back(restored);
        // What has been on the screen before is there again at once.
        for conv in self.convs.values_mut() {
            conv.stop_waiting();
        }
        self.drop_sent(hands);
        if self.sync.dirty {
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
            MailRow::Held { received_ms, record, delivery, own } => {
                let Ok(incoming) = Incoming::parse(&delivery) else { return };
                let sender = incoming.header().sender_id;
                // What was asked for before does not count: this start asks again.
                let own_from = own.then_some(NOT_ASKED);
                let waiting = Waiting { number, env_id, received_ms, record, delivery, sender, tried: false, own_from };
                self.held.insert(place, waiting);
            }
            MailRow::Equivocal { conv } => match self.convs.get_mut(&conv) {
                Some(conv) => conv.equivocation = true,
                None => return,
            },
            // The key has turned up: it is fetched again.
            MailRow::Sealed { ek, .. } if self.account.ek_ids.contains(&ek) => return,
            MailRow::Sealed { conv: id, author, place: here, prev, ek } => match self.convs.get_mut(&id) {
                Some(conv) => {
                    conv.take_sealed(author, here, prev, place);
                    self.sealed.insert(place, (number, id, ek));
                }
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
    ) -> super::Change {
        let value = self.account.seal_row(table, &key, plain, &mut hands.rng);
        super::Change::Put { table, row: Row { key, value } }
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
