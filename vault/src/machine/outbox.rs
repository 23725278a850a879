//! What is to be sent: kept sealed before anything is said of it, sent when the line is up, resent byte for byte until it
//! is answered, and gone only when it has come back as one's own mail.

use rand_core::CryptoRng;
use signet_ask::{Event, FailedBecause, MessageId, Saying, Trouble};
use signet_crypto::{Address, Content, Inner, SealError, SeenRow, Sender, seal_message, seal_record};
use signet_shared::{
    AccountId, ClientUuid, ConvId, EnvId, Reader, StreamId,
    envelope::{FLAG_WAKE, Header},
    limits,
    wire::{ClientFrame, Refusal},
};

use super::{
    Change, Effect, Table, Timer,
    conv::Conv,
    hands::Hands,
    notes::{Note, Said, Says},
    pin::Pin,
    rows::{self, MailBody, OutRow, SealedRow},
    session::Session,
};
use crate::sorted::{Map, first_bytes, in_order};

/// Messages sent and not yet answered.
const IN_FLIGHT: usize = 16;
/// Message ids in one receipt.
const RECEIPT_IDS: usize = 256;
const RETRY_MS: u64 = 2_000;
/// However long the relay asks to be left alone.
const LONGEST_RETRY_MS: u64 = 60_000;

#[derive(Default)]
pub(super) struct Outbox {
    /// In the order of writing.
    pub(super) items: Vec<Item>,
    /// What each number of the wire's was for.
    in_flight: Map<u32, ClientUuid>,
    next_req: u32,
    next_number: u64,
    /// The relay asked for patience, or its store is full.
    waiting: bool,
    /// It is the store.
    pub(super) not_stored: bool,
}

pub(super) struct Item {
    pub(super) row: OutRow,
    /// The relay has it; its echo has not come yet.
    pub(super) acked: bool,
    /// The row on disk says what `row` says.
    kept: bool,
}

impl Item {
    pub(super) fn shown(&self) -> bool {
        self.row.body.is_message()
    }

    /// A person's own word, which is not made anew by itself.
    fn is_owed(&self) -> bool {
        self.shown() || matches!(self.row.body, MailBody::Note(_))
    }

    /// In which it was sealed.
    fn stream(&self) -> Option<StreamId> {
        let sealed = self.row.sealed.as_ref()?;
        Header::read(&mut Reader::new(&sealed.envelope)).ok().map(|header| header.stream_id)
    }
}

impl Outbox {
    pub(super) fn restore(&mut self, row: OutRow) {
        self.next_number = self.next_number.max(row.number.saturating_add(1));
        let at = self.items.partition_point(|item| item.row.number <= row.number);
        self.items.insert(at, Item { row, acked: false, kept: true });
    }

    /// The history record of a message that this browser sealed.
    pub(super) fn record(&self, id: &EnvId) -> Option<&[u8]> {
        let sealed = self.items.iter().filter_map(|item| item.row.sealed.as_ref());
        sealed.into_iter().find(|sealed| sealed.env_id == *id).map(|sealed| sealed.record.as_slice())
    }

    /// Takes out what has come back: by envelope, or as another envelope of the same message.
    pub(super) fn take_sent(&mut self, id: &EnvId, uuid: ClientUuid) -> Option<ClientUuid> {
        let is = |item: &Item| item.row.uuid == uuid || item.row.sealed.as_ref().is_some_and(|s| s.env_id == *id);
        let at = self.items.iter().position(is)?;
        let uuid = self.items.remove(at).row.uuid;
        self.in_flight.retain(|_, other| *other != uuid);
        Some(uuid)
    }

    pub(super) fn line_lost(&mut self) {
        self.in_flight.clear();
        self.waiting = false;
        self.not_stored = false;
    }

    /// What is on its way to be said about a message, by `me`.
    pub(super) fn notes(&self, target: &EnvId, me: AccountId) -> impl Iterator<Item = Said> {
        self.items.iter().filter_map(move |item| match &item.row.body {
            // Its envelope counts only between two of one moment; later ones have a later moment.
            MailBody::Note(note) if note.target == *target => {
                let env_id = item.row.sealed.as_ref().map_or(EnvId([0xff; 32]), |sealed| sealed.env_id);
                Some(Said { by: me, sent_ms: item.row.sent_ms, env_id, says: note.says.clone() })
            }
            _ => None,
        })
    }

    /// A text that the relay has, and that has not come back yet.
    pub(super) fn sealed_text(&self, id: &EnvId) -> Option<(ClientUuid, String)> {
        self.items.iter().find_map(|item| match (&item.row.sealed, &item.row.body) {
            (Some(sealed), MailBody::Text(text)) if sealed.env_id == *id => Some((item.row.uuid, text.clone())),
            _ => None,
        })
    }

    fn item(&mut self, uuid: &ClientUuid) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.row.uuid == *uuid)
    }
}

/// Whether it can be a message's text.
fn fits(text: &str) -> Result<(), Trouble> {
    if text.trim().is_empty() || text.chars().count() > limits::TEXT_CHARS { Err(Trouble::BadText) } else { Ok(()) }
}

impl Session {
    /// How many messages and drafts are in this browser alone.
    pub(super) fn unsent(&self) -> (u32, u32) {
        let messages = self.outbox.items.iter().filter(|item| item.is_owed() && !item.acked).count();
        (u32::try_from(messages).unwrap_or(u32::MAX), u32::try_from(self.drafts.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn send<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: ConvId,
        uuid: ClientUuid,
        text: String,
        to: Option<MessageId>,
    ) -> Result<(), Trouble> {
        fits(&text)?;
        let known = self.convs.get(&conv).ok_or(Trouble::NotFound)?;
        let reply_to = match to {
            Some(id) => Some(self.envelope_of(known, &id).ok_or(Trouble::NotFound)?),
            None => None,
        };
        let id = MessageId { author: self.me(), uuid };
        // Asked again after an answer that got lost: it is accepted already.
        if known.index.contains(&id) || self.outbox.item(&uuid).is_some() {
            return Ok(());
        }
        let failed = self.blocked(&conv).then_some(FailedBecause::Blocked);
        self.queue(hands, conv, uuid, (MailBody::Text(text), reply_to), failed);
        self.drafts.remove(&conv);
        hands.store(vec![Change::Delete { table: Table::Drafts, key: conv.as_bytes().to_vec() }]);
        self.tell_outgoing(hands, &uuid);
        Ok(())
    }

    /// Says something about a message: to be seen here at once, and sent when the line is up.
    pub(super) fn say<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: ConvId,
        id: MessageId,
        saying: Saying,
    ) -> Result<(), Trouble> {
        let known = self.convs.get(&conv).ok_or(Trouble::NotFound)?;
        let target = self.envelope_of(known, &id).ok_or(Trouble::NotFound)?;
        let says = match saying {
            Saying::React(emoji) if emoji.len() <= 64 => Says::Reaction(emoji),
            Saying::React(_) => return Err(Trouble::BadText),
            Saying::Edit(_) | Saying::Delete if id.author != self.me() => return Err(Trouble::NotFound),
            Saying::Edit(text) => {
                fits(&text)?;
                Says::Edit(text)
            }
            Saying::Delete => Says::Delete,
        };
        if self.blocked(&conv) {
            return Err(Trouble::IdentityReset);
        }
        let uuid = ClientUuid(hands.random());
        self.queue(hands, conv, uuid, (MailBody::Note(Note { target, says }), None), None);
        self.tell_about(hands, &conv, Some(target));
        Ok(())
    }

    /// By whose envelope others know a message; `None` until the relay has it.
    fn envelope_of(&self, conv: &Conv, id: &MessageId) -> Option<EnvId> {
        if let Some(order) = conv.index.get(id) {
            return conv.messages.get(&order).map(|shown| shown.place.env_id);
        }
        let is = |item: &&Item| item.row.uuid == id.uuid && id.author == self.me() && item.acked && item.shown();
        let item = self.outbox.items.iter().find(is)?;
        item.row.sealed.as_ref().map(|sealed| sealed.env_id)
    }

    /// When something is said. What takes the place of something that was said before comes after it, though a clock has gone
    /// back since, or another browser's is ahead.
    fn moment(&self, now: u64, conv: &ConvId, body: &MailBody) -> u64 {
        let (me, conv) = (self.me(), self.convs.get(conv));
        let said = conv.zip(body.target()).map(|(conv, target)| self.said(conv, &target)).unwrap_or_default();
        let last = said.iter().filter(|said| said.by == me).map(|said| said.sent_ms).max();
        last.map_or(now, |last| now.max(last.saturating_add(1)))
    }

    /// Tells every tab what a message has become.
    fn tell_about<R: CryptoRng>(&self, hands: &mut Hands<R>, conv: &ConvId, target: Option<EnvId>) {
        let (Some(known), Some(target)) = (self.convs.get(conv), target) else { return };
        let orders = known.changed_by(&target);
        self.show(hands, *conv, &orders);
        let waits = self.outbox.sealed_text(&target).map(|(uuid, _)| uuid);
        if let Some(uuid) = waits {
            self.tell_outgoing(hands, &uuid);
        }
        hands.event(Event::Conversations(self.conversation(conv).into_iter().collect()));
    }

    fn queue<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: ConvId,
        uuid: ClientUuid,
        (body, reply_to): (MailBody, Option<EnvId>),
        failed: Option<FailedBecause>,
    ) {
        let number = self.outbox.next_number;
        self.outbox.next_number = number.saturating_add(1);
        let sent_ms = self.moment(hands.now, &conv, &body);
        let row = OutRow { conv, uuid, body, reply_to, sent_ms, number, sealed: None, failed, abandoned: None };
        hands.batch.fresh.push(uuid);
        self.keep_out(hands, &row);
        self.outbox.items.push(Item { row, acked: false, kept: true });
    }

    fn keep_out<R: CryptoRng>(&self, hands: &mut Hands<R>, row: &OutRow) {
        let change = self.row_change(hands, Table::Outbox, row.uuid.as_bytes().to_vec(), &rows::to_bytes(row));
        hands.store(vec![change]);
    }

    /// Tells every tab how a message of the outbox stands.
    fn tell_outgoing<R: CryptoRng>(&self, hands: &mut Hands<R>, uuid: &ClientUuid) {
        let Some(item) = self.outbox.items.iter().find(|item| item.row.uuid == *uuid && item.shown()) else { return };
        let conv = item.row.conv;
        hands.event(Event::Messages { conv, messages: vec![self.outgoing_view(item)] });
        hands.event(Event::Conversations(self.conversation(&conv).into_iter().collect()));
    }

    /// Sends what may be sent now.
    pub(super) fn pump<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if !self.line.is_up() || self.outbox.waiting {
            return;
        }
        // Of each conversation the stream of the first that waits for its answer. Only within a stream does the relay see to
        // the order.
        let mut first: Map<ConvId, StreamId> = Map::new();
        for at in 0..self.outbox.items.len() {
            if self.outbox.in_flight.len() >= IN_FLIGHT {
                break;
            }
            let Some(item) = self.outbox.items.get(at) else { break };
            let uuid = item.row.uuid;
            if item.acked || item.row.failed.is_some() {
                continue;
            }
            let conv = item.row.conv;
            // What was sealed before waits, all of it and so in its order, while the person is to decide for whom it was.
            let pin = self.convs.get(&conv).and_then(|conv| self.pin_of(conv));
            if item.row.sealed.is_some() && pin.is_some_and(|pin| pin.asked_about().is_some()) {
                continue;
            }
            let Some(stream) = item.stream().or_else(|| self.convs.get(&conv).map(|conv| conv.stream)) else {
                continue;
            };
            if *first.get_or_insert_with(conv, || stream) != stream
                || self.outbox.in_flight.values().any(|other| *other == uuid)
            {
                continue;
            }
            if item.row.sealed.is_none() {
                let peer = self.convs.get(&item.row.conv).map(|conv| conv.peer);
                // Nothing is sealed for keys that are not here and verified.
                if let Some(peer) = peer.filter(|_| !self.blocked(&item.row.conv))
                    && !self.at_hand(peer)
                {
                    if hands.now >= self.lookups_rest_until_ms {
                        self.look_up(hands, peer);
                    }
                    continue;
                }
                let Some(item) = self.outbox.items.get(at) else { break };
                let row = match self.seal(hands, item.row.clone()) {
                    Ok(row) => row,
                    Err(because) => {
                        self.failed(hands, &uuid, because);
                        continue;
                    }
                };
                // On disk before it is on the wire: what may have been sent is never sealed to other bytes.
                self.keep_out(hands, &row);
                if let Some(item) = self.outbox.items.get_mut(at) {
                    item.row = row;
                }
            }
            if let Some(row) = self.outbox.items.get(at).filter(|item| !item.kept).map(|item| item.row.clone()) {
                self.keep_out(hands, &row);
            }
            if let Some(item) = self.outbox.items.get_mut(at) {
                item.kept = true;
            }
            self.outbox.next_req = self.outbox.next_req.wrapping_add(1);
            let req = self.outbox.next_req;
            let Some(sealed) = self.outbox.items.get(at).and_then(|item| item.row.sealed.as_ref()) else { continue };
            let frame = ClientFrame::Send { req, envelope: sealed.envelope.clone() };
            self.outbox.in_flight.insert(req, uuid);
            self.send_frame(hands, &frame);
        }
    }

    fn seal<R: CryptoRng>(&mut self, hands: &mut Hands<R>, mut row: OutRow) -> Result<OutRow, FailedBecause> {
        if self.blocked(&row.conv) {
            return Err(FailedBecause::Blocked);
        }
        let me = self.me();
        let Some(conv) = self.convs.get_mut(&row.conv) else { return Err(FailedBecause::Refused) };
        let Some(peer) = conv.chain.clone() else { return Err(FailedBecause::Refused) };
        let (content, flags) = match &row.body {
            MailBody::Text(text) => (Content::Text(text.clone()), FLAG_WAKE),
            MailBody::Delivered(ids) => (Content::Delivered(ids.clone()), 0),
            MailBody::Read(ids) => (Content::Read(ids.clone()), 0),
            MailBody::Note(Note { target, says }) => (says.about(*target), 0),
            MailBody::Unknown => return Err(FailedBecause::Refused),
        };
        let stream = conv.stream;
        let (seq, prev) = match conv.own {
            Some((last, head)) => (last.saturating_add(1), head),
            None => (1, Header::first_prev(conv.id, me, stream)),
        };
        let seen = conv.seen(me);
        // A place that will stay empty is named, so that readers do not wait for it.
        let abandoned = row.abandoned.take().or_else(|| conv.to_abandon.pop());
        let inner = Inner {
            content,
            sent_ms: row.sent_ms,
            client_uuid: row.uuid,
            reply_to: row.reply_to,
            expires_s: 0,
            seen: seen.iter().map(|p| SeenRow { stream: p.stream, seq: p.seq, env_id: p.env_id }).collect(),
            abandoned,
            group_head: [0; 32],
            keystore_version: self.account.keystore.number,
            keystore_hash: self.account.keystore.hash,
            state_version: self.sync.version.number,
            state_hash: self.sync.version.hash,
        };
        let group_epoch = self.account.me.identity_changes().saturating_add(peer.identity_changes());
        let address = Address { flags, conv_id: conv.id, group_epoch, stream_id: stream, seq, prev };
        let sender = Sender { account: &self.account.me, key: &self.account.keys.ik };
        let readers = [&self.account.me, &peer];
        let sealed = seal_message(&address, &sender, &readers, &inner, &mut hands.rng).map_err(|error| {
            hands.log("seal");
            if error == SealError::TooLong { FailedBecause::TooLarge } else { FailedBecause::Refused }
        })?;
        conv.own = Some((seq, sealed.env_id));
        let account = &self.account;
        let (id, key) = (sealed.env_id, &sealed.content_key);
        let record = seal_record(&account.amk, me, account.ik(), &row.conv, &id, key, &mut hands.rng);
        row.sealed = Some(SealedRow { env_id: id, envelope: sealed.envelope, record });
        Ok(row)
    }

    /// Nothing is sent to someone whose keys are in doubt.
    fn blocked(&self, conv: &ConvId) -> bool {
        self.convs.get(conv).and_then(|conv| self.pin_of(conv)).is_none_or(Pin::blocked)
    }

    pub(super) fn sent<R: CryptoRng>(&mut self, hands: &mut Hands<R>, req: u32) {
        let Some(uuid) = self.outbox.in_flight.remove(&req) else { return };
        if let Some(item) = self.outbox.item(&uuid) {
            item.acked = true;
        }
        if core::mem::take(&mut self.outbox.not_stored) {
            self.tell_line(hands);
        }
        self.tell_outgoing(hands, &uuid);
        self.pump(hands);
    }

    pub(super) fn refused<R: CryptoRng>(&mut self, hands: &mut Hands<R>, req: u32, refusal: Refusal, after_s: u32) {
        let Some(uuid) = self.outbox.in_flight.remove(&req) else { return };
        let because = match refusal {
            Refusal::NoSuchAccount => FailedBecause::NoSuchAccount,
            Refusal::TooLarge => FailedBecause::TooLarge,
            Refusal::TooMany | Refusal::StoreUnavailable | Refusal::Internal => {
                // Everything waits, so that the order stays.
                self.outbox.waiting = true;
                let not_stored = refusal != Refusal::TooMany;
                if not_stored && !core::mem::replace(&mut self.outbox.not_stored, true) {
                    self.tell_line(hands);
                }
                let after_ms = u64::from(after_s).saturating_mul(1000).clamp(RETRY_MS, LONGEST_RETRY_MS);
                return hands.push(Effect::Timer { timer: Timer::Retry, after_ms });
            }
            _ => FailedBecause::Refused,
        };
        self.failed(hands, &uuid, because);
        self.pump(hands);
    }

    pub(super) fn retry_time<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.outbox.waiting = false;
        self.pump(hands);
    }

    fn failed<R: CryptoRng>(&mut self, hands: &mut Hands<R>, uuid: &ClientUuid, because: FailedBecause) {
        let Some(item) = self.outbox.item(uuid) else { return };
        let (conv, was_sealed) = (item.row.conv, item.row.sealed.is_some());
        if was_sealed {
            self.new_stream(hands, &conv);
        }
        let Some(item) = self.outbox.item(uuid) else { return };
        if !item.shown() {
            // A receipt that cannot be sent is of no use to anyone; and of a note one sees that it is not there.
            let (sealed, target) = (item.row.sealed.take(), item.row.body.target());
            self.outbox.items.retain(|item| item.row.uuid != *uuid);
            self.give_up_envelope(&conv, sealed);
            self.tell_about(hands, &conv, target);
            return hands.store(vec![Change::Delete { table: Table::Outbox, key: uuid.as_bytes().to_vec() }]);
        }
        item.row.failed = Some(because);
        let row = item.row.clone();
        self.keep_out(hands, &row);
        self.tell_outgoing(hands, uuid);
    }

    /// What is not sealed yet never will be.
    pub(super) fn fail_unsealed<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        peer: AccountId,
        because: FailedBecause,
    ) {
        let conv = ConvId::direct(self.me(), peer);
        let due = |item: &&Item| item.row.conv == conv && item.row.sealed.is_none() && item.row.failed.is_none();
        let uuids: Vec<ClientUuid> = self.outbox.items.iter().filter(due).map(|item| item.row.uuid).collect();
        for uuid in uuids {
            self.failed(hands, &uuid, because);
        }
    }

    /// An envelope was sealed and will never be sent. Its neighbours may be on their way already, so a later message names
    /// it; and whatever is sealed from here on does not build on it.
    fn give_up_envelope(&mut self, conv: &ConvId, sealed: Option<SealedRow>) {
        if let (Some(conv), Some(sealed)) = (self.convs.get_mut(conv), sealed) {
            conv.to_abandon.push(sealed.env_id);
        }
    }

    /// Messages of a conversation go into a new stream: what was refused left an empty place in the old one.
    fn new_stream<R: CryptoRng>(&mut self, hands: &mut Hands<R>, conv: &ConvId) {
        if let Some(conv) = self.convs.get_mut(conv) {
            conv.stream = StreamId(hands.random());
            conv.own = None;
        }
    }

    /// What has come back is not to be sent again: an outbox row may outlive its message where storage failed.
    pub(super) fn drop_sent<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let me = self.me();
        let is_back = |item: &Item| {
            let sealed = item.row.sealed.as_ref();
            self.convs.get(&item.row.conv).is_some_and(|conv| {
                conv.index.contains(&MessageId { author: me, uuid: item.row.uuid })
                    || sealed.is_some_and(|sealed| conv.streams.holds(&sealed.env_id))
            })
        };
        let back: Vec<ClientUuid> = self.outbox.items.iter().filter(|item| is_back(item)).map(|i| i.row.uuid).collect();
        for uuid in back {
            self.outbox.items.retain(|item| item.row.uuid != uuid);
            hands.store(vec![Change::Delete { table: Table::Outbox, key: uuid.as_bytes().to_vec() }]);
        }
    }

    /// Seals a failed message anew: another place in the stream, the same message.
    pub(super) fn retry<R: CryptoRng>(&mut self, hands: &mut Hands<R>, id: MessageId) -> Result<(), Trouble> {
        let me = self.me();
        let item = self.outbox.item(&id.uuid).filter(|item| id.author == me && item.row.failed.is_some());
        let item = item.ok_or(Trouble::NotFound)?;
        item.row.failed = None;
        if let Some(sealed) = item.row.sealed.take() {
            item.row.abandoned = Some(sealed.env_id);
        }
        let row = item.row.clone();
        self.keep_out(hands, &row);
        self.tell_outgoing(hands, &id.uuid);
        Ok(())
    }

    pub(super) fn discard<R: CryptoRng>(&mut self, hands: &mut Hands<R>, id: MessageId) -> Result<(), Trouble> {
        let at = self.outbox.items.iter().position(|item| item.row.uuid == id.uuid && item.shown());
        let at = at.filter(|_| id.author == self.me()).ok_or(Trouble::NotFound)?;
        // What may be on its way cannot be taken back.
        let sealed =
            self.outbox.items.get(at).is_some_and(|item| item.row.sealed.is_some() && item.row.failed.is_none());
        if sealed {
            return Err(Trouble::Busy);
        }
        let row = self.outbox.items.remove(at).row;
        hands.store(vec![Change::Delete { table: Table::Outbox, key: id.uuid.as_bytes().to_vec() }]);
        if let Some(conv) = self.convs.get_mut(&row.conv) {
            conv.to_abandon.extend(row.abandoned);
        }
        self.give_up_envelope(&row.conv, row.sealed);
        hands.event(Event::Gone { conv: row.conv, ids: vec![id] });
        hands.event(Event::Conversations(self.conversation(&row.conv).into_iter().collect()));
        Ok(())
    }

    /// Says under seal what has been opened here, one message per conversation.
    pub(super) fn send_receipts<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        self.line.receipts_planned = false;
        if !self.line.is_up() {
            return;
        }
        let mut due = Vec::new();
        for conv in self.convs.values_mut() {
            // Once said, not said again by this start; the echo makes it lasting.
            // No choice is left to the order of a hash table, which differs from run to run.
            let ids = in_order(conv.to_receipt.take(), |id| first_bytes(id.as_bytes()));
            conv.receipted.add(&ids);
            due.extend(ids.chunks(RECEIPT_IDS).map(|ids| (conv.id, MailBody::Delivered(ids.to_vec()))));
            let ids = core::mem::take(&mut conv.to_read);
            due.extend(ids.chunks(RECEIPT_IDS).map(|ids| (conv.id, MailBody::Read(ids.to_vec()))));
        }
        for (conv, body) in due {
            if !self.blocked(&conv) {
                let uuid = ClientUuid(hands.random());
                self.queue(hands, conv, uuid, (body, None), None);
            }
        }
        self.pump(hands);
    }

    /// A row could not be stored: nothing claims to be kept that is not.
    pub(super) fn outbox_not_stored<R: CryptoRng>(&mut self, hands: &mut Hands<R>, uuid: &ClientUuid, fresh: bool) {
        let Some(at) = self.outbox.items.iter().position(|item| item.row.uuid == *uuid) else { return };
        self.outbox.in_flight.retain(|_, other| other != uuid);
        if !fresh {
            // Stored again before it is sent.
            if let Some(item) = self.outbox.items.get_mut(at) {
                item.kept = false;
            }
            return;
        }
        let item = self.outbox.items.remove(at);
        let conv = item.row.conv;
        match item.row.body {
            MailBody::Delivered(ids) => {
                if let Some(conv) = self.convs.get_mut(&conv) {
                    for id in &ids {
                        conv.receipted.remove(id);
                    }
                    conv.to_receipt.add(&ids);
                }
            }
            MailBody::Text(text) => {
                hands.event(Event::Gone { conv, ids: vec![MessageId { author: self.me(), uuid: *uuid }] });
                // The draft that it was is one again: whoever wrote it may look elsewhere by now.
                self.drafts.get_or_insert_with(conv, || text);
            }
            MailBody::Read(ids) => {
                if let Some(conv) = self.convs.get_mut(&conv) {
                    conv.to_read.extend(ids);
                }
            }
            MailBody::Note(note) => self.tell_about(hands, &conv, Some(note.target)),
            MailBody::Unknown => {}
        }
        // An earlier transaction of the same step may have kept it.
        hands.store(vec![Change::Delete { table: Table::Outbox, key: uuid.as_bytes().to_vec() }]);
        if item.row.sealed.is_some() {
            self.new_stream(hands, &conv);
        }
        self.give_up_envelope(&conv, item.row.sealed);
    }

    pub(super) fn save_draft<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: ConvId,
        text: String,
    ) -> Result<(), Trouble> {
        if !self.convs.contains_key(&conv) {
            return Err(Trouble::NotFound);
        }
        if text.chars().count() > limits::TEXT_CHARS.saturating_mul(2) {
            return Err(Trouble::BadText);
        }
        let key = conv.as_bytes().to_vec();
        if text.is_empty() {
            self.drafts.remove(&conv);
            hands.store(vec![Change::Delete { table: Table::Drafts, key }]);
        } else {
            let change = self.row_change(hands, Table::Drafts, key, text.as_bytes());
            hands.store(vec![change]);
            self.drafts.insert(conv, text);
        }
        Ok(())
    }

    pub(super) fn mark_read<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        conv: ConvId,
        id: MessageId,
    ) -> Result<(), Trouble> {
        let known = self.convs.get(&conv).ok_or(Trouble::NotFound)?;
        // One's own message that is still in the outbox: everything delivered was above it on the screen.
        let last = known.messages.last_key_value().map(|(order, _)| *order);
        let outgoing = self.outbox.items.iter().any(|item| item.row.uuid == id.uuid && item.row.conv == conv);
        let order = match known.index.get(&id) {
            Some(order) => order,
            None if outgoing => last.unwrap_or(0),
            None => return Err(Trouble::NotFound),
        };
        let mark = known.mark_at(order);
        let pin = self.state.pins.get_mut(&known.peer).ok_or(Trouble::NotFound)?;
        if mark > pin.mark {
            let me = self.account.id();
            let new = known.messages.range(..=order).map(|(_, shown)| shown);
            let new = new.filter(|shown| shown.at > pin.mark && shown.at <= mark && shown.id.author != me);
            let seen: Vec<EnvId> = new.map(|shown| shown.place.env_id).collect();
            pin.mark = mark;
            if let (false, Some(conv)) = (self.state.receipts.off, self.convs.get_mut(&conv)) {
                conv.to_read.extend(seen);
            }
            self.plan_receipts(hands);
            self.state_changed(hands);
            hands.event(Event::Conversations(self.conversation(&conv).into_iter().collect()));
        }
        Ok(())
    }
}
