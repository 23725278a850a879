//! What an import adds: contacts that are new, messages that the mailbox does not have. Nothing that is here is replaced.

use rand_core::CryptoRng;
use signet_ask::{BackupReport, Event, MessageId};
use signet_crypto::DecryptionKey;
use signet_shared::{AccountId, ConvId, IkHash, envelope::Header};

use super::super::{
    Change, Row, Table,
    conv::{Conv, Shown},
    hands::Hands,
    local::Device,
    pin::Pin,
    rows::{self, Restored},
    session::Session,
    state::State,
};
use crate::sorted::{Map, Set, in_order};

/// Messages in one row.
const PACK: usize = 100;

pub(super) struct Found {
    pub(super) account: AccountId,
    pub(super) contacts: Vec<FoundContact>,
    pub(super) messages: Vec<Restored>,
    /// So many messages of the file are not here.
    pub(super) new: u32,
    /// Keys that are not here: of before this account began anew.
    pub(super) keys: Vec<DecryptionKey>,
    /// Whose identities were this person's then.
    pub(super) identities: Vec<IkHash>,
}

pub(super) struct FoundContact {
    pub(super) id: AccountId,
    pub(super) pin: Pin,
    /// Their statements, if the file has them.
    pub(super) chain: Vec<u8>,
}

impl Found {
    pub(super) fn new(account: AccountId) -> Self {
        Self { account, contacts: Vec::new(), messages: Vec::new(), new: 0, keys: Vec::new(), identities: Vec::new() }
    }

    /// Whether anything of it goes into the state.
    fn is_of_the_state(&self) -> bool {
        !self.contacts.is_empty() || !self.identities.is_empty()
    }

    /// Adds the contacts that are new and for whom there is room. Of the others only this is taken in: that the
    /// conversation is older, a doubt, and that an identity was compared of which nobody has said anything here.
    fn meet(&self, me: &Session, state: &mut State) -> Vec<&FoundContact> {
        let mut new = Vec::new();
        state.own(self.identities.clone());
        for contact in &self.contacts {
            let FoundContact { id, pin: theirs, .. } = contact;
            if let Some(mine) = state.pins.get_mut(id) {
                mine.since_ms = mine.since_ms.min(theirs.since_ms);
                mine.doubts.new_identity |= theirs.doubts.new_identity;
                mine.doubts.namesake |= theirs.doubts.namesake;
                // Two statements in one place: the file is this account's own word that it has seen the other one.
                mine.doubts.forked |= theirs.doubts.forked || (theirs.seq == mine.seq && theirs.head != mine.head);
                if mine.compared.at_ms == 0 {
                    mine.compared = theirs.compared;
                }
                continue;
            }
            if !state.has_room() || theirs.name == *me.account.me.username() {
                continue;
            }
            let mut pin = theirs.clone();
            let name = pin.name.clone();
            if let Some(other) = state.namesake(*id, &name) {
                other.doubts.namesake = true;
                pin.doubts.namesake = true;
            }
            state.pins.insert(*id, pin);
            new.push(contact);
        }
        new
    }
}

impl Session {
    /// Whether this is an identity that the account has had, and nothing here shows yet that it was this person's.
    pub(super) fn is_news_of_mine(&self, ik: &IkHash) -> bool {
        let known = *ik == self.account.ik() || self.account.keys.former.iter().any(|former| former.ik == *ik);
        !known && !self.state.mine.contains(ik) && self.account.me.identities().iter().any(|(had, _)| had == ik)
    }

    pub(super) fn has_message(&self, conv: &ConvId, id: &MessageId) -> bool {
        let waits = self.outbox.items.iter().any(|item| id.author == self.me() && item.row.uuid == id.uuid);
        waits || self.convs.get(conv).is_some_and(|conv| conv.has(id))
    }

    /// One transaction: all that an import would leave in this browser.
    /// What has no conversation is taken out of what was found.
    pub(super) fn would_add<R: CryptoRng>(&self, hands: &mut Hands<R>, found: &mut Found) -> Vec<Change> {
        let mut state = self.state.clone();
        let mut changes = Vec::new();
        for contact in found.meet(self, &mut state) {
            if !contact.chain.is_empty() {
                let key = contact.id.as_bytes().to_vec();
                changes.push(self.row_change(hands, Table::Contacts, key, &contact.chain));
            }
        }
        let mut known = Set::new();
        for peer in state.pins.keys() {
            known.insert(ConvId::direct(self.me(), *peer));
        }
        found.messages.retain(|message| known.contains(&message.conv));
        if found.is_of_the_state() {
            let value = self.account.seal_state(&state, 0, &mut hands.rng);
            changes.push(Change::Put { table: Table::Meta, row: Row { key: Device::STATE_KEY.to_vec(), value } });
        }
        for (number, pack) in (0_u32..).zip(found.messages.chunks(PACK)) {
            let key = [&hands.now.to_be_bytes()[..], &number.to_be_bytes()].concat();
            changes.push(self.row_change(hands, Table::Restored, key, &rows::to_bytes(&pack)));
        }
        changes
    }

    /// It is stored: now it counts.
    pub(super) fn add<R: CryptoRng>(&mut self, hands: &mut Hands<R>, found: Found, report: &mut BackupReport) {
        let mut state = self.state.clone();
        let new = found.meet(self, &mut state);
        let chains: Vec<(AccountId, Vec<u8>)> = new.iter().map(|new| (new.id, new.chain.clone())).collect();
        report.new_conversations = u32::try_from(chains.len()).unwrap_or(u32::MAX);
        self.state = state;
        self.sync_convs();
        for (id, chain) in chains {
            if let Some(conv) = self.convs.get_mut(&ConvId::direct(self.account.id(), id)) {
                conv.kept_chain = chain;
            }
        }
        let of_the_state = found.is_of_the_state();
        report.new_messages = self.take_back(found.messages);
        self.add_keys(hands, found.keys, Vec::new(), Vec::new());
        if of_the_state {
            self.state_changed(hands);
        }
        hands.event(Event::Conversations(self.conversations()));
        report.left_out = found.new.saturating_sub(report.new_messages);
    }

    /// Shows messages of a backup, each after the one that stood before it. Returns how many were new.
    pub(in crate::machine) fn take_back(&mut self, messages: Vec<Restored>) -> u32 {
        let me = self.me();
        let mut convs: Map<ConvId, Vec<Restored>> = Map::new();
        for message in messages {
            convs.get_or_insert_with(message.conv, Vec::new).push(message);
        }
        let mut new = 0_u32;
        for (id, messages) in convs {
            if let Some(conv) = self.convs.get_mut(&id) {
                new = new.saturating_add(conv.take_back(me, messages));
            }
        }
        new
    }
}

impl Conv {
    fn has(&self, id: &MessageId) -> bool {
        self.index.contains(id) || self.ahead.iter().any(|ahead| ahead.id == *id)
    }

    fn take_back(&mut self, me: AccountId, messages: Vec<Restored>) -> u32 {
        let (mut last, mut new) = (0, Vec::new());
        for message in messages {
            let Restored { id, place, sent_ms, text, delivered, after, .. } = message;
            if let Some(before) = after.and_then(|id| self.index.get(&id)) {
                last = before.max(last);
            }
            if self.has(&id) || (id.author != me && id.author != self.peer) {
                continue;
            }
            if !self.streams.remember(id.author, Header::first_prev(self.id, id.author, place.stream), place) {
                self.equivocation = true;
                continue;
            }
            let mut order = last.saturating_add(1);
            while self.messages.contains_key(&order) {
                order = order.saturating_add(1);
            }
            last = order;
            self.index.insert(&id, order);
            self.streams.shown(&place, order);
            self.orders.insert(&place.env_id, order);
            if id.author == me && delivered {
                self.delivered.insert(place.env_id);
            }
            // At no place of the mailbox: it has been seen.
            new.push((order, Shown { id, place, at: 0, sent_ms, text, rest: None }));
        }
        let count = u32::try_from(new.len()).unwrap_or(u32::MAX);
        // One by one, each would move all that stand after it.
        let all = core::mem::take(&mut self.messages).into_iter().chain(new).collect();
        self.messages = in_order(all, |(order, _)| *order).into_iter().collect();
        count
    }
}
