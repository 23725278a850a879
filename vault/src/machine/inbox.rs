//! What the relay delivers: judged, opened, stored in one transaction, and only then shown.

use rand_core::CryptoRng;
use signet_ask::Event;
use signet_crypto::{Content, ContentKey, Former, Incoming, Message, VerifiedAccount, View, open_record, seal_record};
use signet_shared::{
    AccountId, ClientUuid, ConvId, EkId, EnvId, IkHash, MembersHash, Reader, StatementHash, envelope::Header, limits,
    wire::ClientFrame,
};

use super::{
    Change, Effect, Table, Timer, conv,
    hands::Hands,
    notes::{Note, Noted, Says},
    rows::{self, JUDGE, Mail, MailBody, MailRow, Opened},
    session::{Session, Waiting},
    streams::Place,
};

/// Signed by an identity that was replaced before anybody was asked whose it is.
const NEVER_BELIEVED: &str = "identity";
/// Receipts are gathered for this long.
const RECEIPTS_AFTER_MS: u64 = 400;
/// Messages of one sender that wait for a judgement.
const HELD_OF_ONE: usize = 64;

/// More answers than there will ever be: this start has not asked yet.
pub(super) const NOT_ASKED: u32 = u32::MAX;

/// What came of a delivery.
enum Verdict {
    Opened {
        message: Box<Message>,
        key: Option<ContentKey>,
    },
    /// Authentic, and sealed for a key of before this account began anew.
    Sealed(EkId),
    Refused(&'static str),
    Held(Need),
}

/// What a delivery that cannot be judged yet waits for.
enum Need {
    /// This account's statements.
    Statements(AccountId),
    /// What another browser of this account knows: a conversation that it has begun.
    State,
    /// A statement of this account's own that the writer has seen, and this browser has not.
    OwnStatement,
}

impl Session {
    pub(super) fn deliver<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        number: u64,
        received_ms: u64,
        record: Option<Vec<u8>>,
        delivery: Vec<u8>,
    ) {
        if !self.mailbox.next(number) {
            hands.log("number");
            return self.lost(hands, true);
        }
        if delivery.is_empty() && self.mailbox.knows(number) {
            // The relay cannot read any more what it stored there. It is here.
            return;
        }
        let incoming = Incoming::parse(&delivery);
        let env_id = incoming.as_ref().map_or(EnvId([0; 32]), Incoming::env_id);
        if self.mailbox.has(number, env_id) {
            return;
        }
        if self.mailbox.is_other(number, env_id) {
            hands.log("mailbox-other");
            return self.lost(hands, true);
        }
        let place = self.mailbox.place_for(number);
        match incoming {
            Ok(incoming) => {
                let sender = incoming.header().sender_id;
                let waiting =
                    Waiting { number, env_id, received_ms, record, delivery, sender, tried: false, own_from: None };
                self.judge(hands, place, waiting);
            }
            Err(refused) => self.refuse(hands, (place, number), env_id, refused.code()),
        }
    }

    /// Judges again what was held: of one sender and one's own, or all that may have become possible.
    pub(super) fn try_held<R: CryptoRng>(&mut self, hands: &mut Hands<R>, of: Option<AccountId>) {
        let me = self.me();
        let due = |waiting: &Waiting| match of {
            Some(sender) => waiting.sender == sender || waiting.sender == me,
            None => !waiting.tried,
        };
        let places: Vec<u64> = self.held.iter().filter(|(_, waiting)| due(waiting)).map(|(place, _)| *place).collect();
        for place in places {
            if let Some(waiting) = self.held.remove(&place) {
                self.judge(hands, place, waiting);
            }
        }
    }

    fn judge<R: CryptoRng>(&mut self, hands: &mut Hands<R>, place: u64, waiting: Waiting) {
        // Of one's own message too, whoever it was sealed for: their statements may lie here unread since the start.
        let conv = Header::read(&mut Reader::new(&waiting.delivery)).ok().map(|header| header.conv_id);
        if let Some(peer) = conv.and_then(|conv| self.convs.get(&conv)).map(|conv| conv.peer) {
            self.at_hand(peer);
        }
        match self.verdict(&waiting, None) {
            Verdict::Opened { message, key } => {
                self.accept(hands, (place, waiting.number), *message, key);
                if waiting.own_from.is_some() {
                    self.own_after_all(hands, waiting.sender);
                }
            }
            Verdict::Sealed(ek) => self.keep_sealed(hands, place, &waiting, ek),
            Verdict::Refused(code) => self.refuse(hands, (place, waiting.number), waiting.env_id, code),
            Verdict::Held(Need::OwnStatement) => self.seek_own_statement(hands, place, waiting),
            Verdict::Held(need) => {
                let tried = waiting.tried;
                if let (Need::State, Ok(incoming)) = (&need, Incoming::parse(&waiting.delivery))
                    && let Some((message, _)) = self.recall(&incoming, &waiting)
                {
                    // Of no conversation that is known here, and still one's own word.
                    self.note_claim(hands, &message.inner);
                }
                if self.hold(hands, place, waiting) && !tried {
                    match need {
                        // What comes while look-ups rest does not ask more often than what is here.
                        Need::Statements(who) if hands.now >= self.lookups_rest_until_ms => self.look_up(hands, who),
                        Need::Statements(_) => {}
                        Need::State => self.refresh_once(hands),
                        Need::OwnStatement => {}
                    }
                }
            }
        }
    }

    /// The writer has used a statement of this account's that is not known here. Another browser may just have made it: the
    /// relay is asked. If it is none that this account has, and the message is the writer's own word, then somebody gives
    /// others keys for this account that it did not make. That is said, and the message kept: one old answer of the relay's
    /// looks the same.
    fn seek_own_statement<R: CryptoRng>(&mut self, hands: &mut Hands<R>, place: u64, mut waiting: Waiting) {
        let asked = match waiting.own_from {
            Some(from) if self.sync.taken >= from => {
                if !core::mem::replace(&mut waiting.tried, true) {
                    hands.log("reader statement");
                }
                self.say_split(hands, waiting.sender, true);
                self.hold(hands, place, waiting);
                return;
            }
            Some(from) => from != NOT_ASKED && self.sync.refreshing > 0,
            None => false,
        };
        let first = waiting.own_from.is_none();
        if !asked {
            // The answers that are on their way may be older than the statement.
            waiting.own_from = Some(self.sync.taken.saturating_add(self.sync.refreshing).saturating_add(1));
        }
        if first && self.mailbox.has_row(place) {
            self.keep_held(hands, place, &waiting);
        }
        if self.hold(hands, place, waiting) && !asked {
            self.refresh_once(hands);
        }
    }

    fn say_split<R: CryptoRng>(&mut self, hands: &mut Hands<R>, sender: AccountId, split: bool) {
        if self.state.pins.get_mut(&sender).is_some_and(|pin| pin.doubts.say_split(split)) {
            self.state_changed(hands);
            hands.event(Event::Conversations(self.conversations()));
        }
    }

    /// A statement that a message of theirs named was not known here, and is now. If nothing else of theirs names one that
    /// is not, nobody stands between.
    fn own_after_all<R: CryptoRng>(&mut self, hands: &mut Hands<R>, sender: AccountId) {
        if !self.held.values().any(|other| other.sender == sender && other.own_from.is_some()) {
            self.say_split(hands, sender, false);
        }
    }

    /// This account has stated something new: what named it in vain may do so no longer.
    pub(super) fn own_statements_grown(&mut self) {
        for waiting in self.held.values_mut().filter(|waiting| waiting.own_from.is_some()) {
            waiting.tried = false;
        }
    }

    /// Keeps what cannot be judged yet, within limits: anybody can write what nobody can judge. False if there is no room;
    /// then it stays with the relay, to be fetched again.
    fn hold<R: CryptoRng>(&mut self, hands: &mut Hands<R>, place: u64, waiting: Waiting) -> bool {
        let (me, sender) = (self.me(), waiting.sender);
        let theirs = self.held.values().filter(|other| other.sender == sender).count();
        let crowded = sender != me && theirs >= HELD_OF_ONE;
        if crowded || self.held.len() >= limits::HELD {
            // What was asked about in vain gives way.
            let vain = |other: &Waiting| other.tried && (!crowded || other.sender == sender);
            let Some(old) = self.held.iter().find(|(_, other)| vain(other)).map(|(place, _)| *place) else {
                hands.log("no-room-to-hold");
                if self.left_behind.len() < limits::HELD && !self.left_behind.contains(&sender) {
                    self.left_behind.push(sender);
                }
                return false;
            };
            if let Some(vain) = self.held.remove(&old) {
                self.refuse(hands, (old, vain.number), vain.env_id, "held-in-vain");
            }
        }
        if !self.mailbox.has_row(place) {
            self.keep_held(hands, place, &waiting);
        }
        self.held.insert(place, waiting);
        true
    }

    fn keep_held<R: CryptoRng>(&mut self, hands: &mut Hands<R>, place: u64, waiting: &Waiting) {
        let Waiting { received_ms, record, delivery, own_from, .. } = waiting;
        let (received_ms, record, delivery) = (*received_ms, record.clone(), delivery.clone());
        let row = MailRow::Held { received_ms, record, delivery, own: own_from.is_some() };
        self.store_mail(hands, (place, waiting.number), waiting.env_id, row, None);
    }

    /// What was left with the relay for want of room is fetched once there is some for one of its senders.
    pub(super) fn fetch_left_behind<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let stays = |of: Option<AccountId>| {
            let of = |waiting: &&Waiting| of.is_none_or(|sender| waiting.sender == sender);
            self.held.values().filter(of).filter(|waiting| !waiting.tried).count()
        };
        let has_room = |sender: &AccountId| *sender == self.me() || stays(Some(*sender)) < HELD_OF_ONE;
        if self.line.is_up() && stays(None) < limits::HELD && self.left_behind.iter().any(has_room) {
            self.left_behind.clear();
            self.lost(hands, true);
        }
    }

    fn refuse<R: CryptoRng>(&mut self, hands: &mut Hands<R>, at: (u64, u64), env_id: EnvId, code: &'static str) {
        hands.log(code);
        self.store_mail(hands, at, env_id, MailRow::Refused, None);
    }

    /// Whether anything that waits was written by this account, who is not pinned.
    pub(super) fn is_authentic(&self, stranger: &VerifiedAccount) -> bool {
        let of = |waiting: &&Waiting| waiting.sender == stranger.account_id();
        let is_theirs = |waiting: &Waiting| {
            match self.verdict(waiting, Some(stranger)) {
                Verdict::Opened { .. } | Verdict::Sealed(_) | Verdict::Held(Need::OwnStatement) => true,
                // Written before they began anew: it is not shown, but that there was something is.
                Verdict::Refused(NEVER_BELIEVED) => {
                    Incoming::parse(&waiting.delivery).is_ok_and(|it| it.is_by(stranger))
                }
                _ => false,
            }
        };
        self.held.values().filter(of).any(is_theirs)
    }

    /// Whether what one of the account's statements names as its identity was this person's: what came before a reset shows
    /// that only by the keys of then, from the keystore of then or from a backup.
    fn was_mine(&self, stmt: &StatementHash) -> bool {
        let held = |(ik, _)| self.state.mine.contains(&ik) || self.account.keys.former.iter().any(|of| of.ik == ik);
        !self.account.me.is_earlier(stmt) || self.account.me.identity_at(stmt).is_some_and(held)
    }

    fn has_passed_over(&self, sender: &VerifiedAccount, stmt: &StatementHash) -> bool {
        let pin = self.state.pins.get(&sender.account_id());
        pin.zip(sender.place(stmt)).is_some_and(|(pin, place)| pin.has_passed_over(place))
    }

    /// Opens by a history record: this account's own word that the message was verified once. It needs nobody's statements.
    /// The key is returned where the relay has no record yet.
    fn recall(&self, incoming: &Incoming, waiting: &Waiting) -> Option<(Message, Option<ContentKey>)> {
        let (me, ik, conv_id, env_id) = (self.me(), self.account.ik(), incoming.header().conv_id, incoming.env_id());
        let kept = waiting.record.as_deref();
        // One's own message, sealed by this browser: its record lies in the outbox.
        let own = if waiting.sender == me { self.outbox.record(&env_id) } else { None };
        for (record, from_relay) in [(kept, true), (own, false)] {
            let Some(record) = record else { continue };
            let now = open_record(&self.account.amk, me, ik, &conv_id, &env_id, record).ok();
            let Some(key) = now.or_else(|| self.former_record(incoming, record)) else { continue };
            if let Ok(message) = incoming.clone().recall(&key) {
                return Some((message, if from_relay { None } else { Some(key) }));
            }
        }
        None
    }

    /// As it was written before the master key was replaced. Whoever knows the former one could write such a record today:
    /// so it is only this account's word for the key, and the writer's signature is looked at again.
    fn former_record(&self, incoming: &Incoming, record: &[u8]) -> Option<ContentKey> {
        let (me, header, env_id) = (self.me(), incoming.header(), incoming.env_id());
        let sender = if header.sender_id == me { Some(&self.account.me) } else { self.chain(header.sender_id) };
        let open = |Former { amk, ik }: &Former| open_record(amk, me, *ik, &header.conv_id, &env_id, record).ok();
        let key = self.account.keys.former.iter().rev().find_map(open)?;
        sender.is_some_and(|sender| incoming.is_by(sender)).then_some(key)
    }

    fn verdict(&self, waiting: &Waiting, stranger: Option<&VerifiedAccount>) -> Verdict {
        let incoming = match Incoming::parse(&waiting.delivery) {
            Ok(incoming) => incoming,
            Err(refused) => return Verdict::Refused(refused.code()),
        };
        let (header, me) = (incoming.header(), self.me());
        let (conv_id, sender_id, stmt) = (header.conv_id, header.sender_id, header.sender_stmt);
        let mine = sender_id == me;
        if !mine && conv_id != ConvId::direct(me, sender_id) {
            return Verdict::Refused("conversation");
        }
        let recalled = self.recall(&incoming, waiting);
        let peer = match self.convs.get(&conv_id) {
            Some(conv) => conv.peer,
            None if mine => return Verdict::Held(Need::State),
            None if stranger.is_some() => sender_id,
            None => return Verdict::Held(Need::Statements(sender_id)),
        };
        if let Some((message, key)) = recalled {
            return Verdict::Opened { message: Box::new(message), key };
        }
        let Some(other) = stranger.or_else(|| self.chain(peer)) else {
            return Verdict::Held(Need::Statements(peer));
        };
        let sender = if mine { &self.account.me } else { other };
        if !sender.knows(&stmt) {
            // One's own newer statement was made by another browser.
            return Verdict::Held(if mine { Need::State } else { Need::Statements(sender_id) });
        }
        let ek = incoming.ek_id();
        let believed = match stranger {
            _ if mine => !self.account.ek_ids.contains(&ek) || self.was_mine(&stmt),
            Some(stranger) => !stranger.is_earlier(&stmt),
            None => !self.has_passed_over(sender, &stmt),
        };
        if !believed {
            return Verdict::Refused(NEVER_BELIEVED);
        }
        if !mine && !self.account.me.knows(&incoming.rcpt_stmt()) {
            // Nobody else's word makes this browser ask for anything.
            return if incoming.is_by(sender) {
                Verdict::Held(Need::OwnStatement)
            } else {
                Verdict::Refused("signature")
            };
        }

        // Both as the message found them: one in flight outlives a change of identity.
        let Some((sender_ik, sender_changes)) = sender.identity_at(&stmt) else { return Verdict::Refused("statement") };
        let between = |reader: AccountId, (ik, changes): (IkHash, u64)| {
            (MembersHash::of(&[(sender_id, sender_ik), (reader, ik)]), sender_changes.saturating_add(changes))
        };
        let found = if mine {
            // It is not said which statement of the reader's it used.
            let named = (incoming.header().members_hash, incoming.header().group_epoch);
            let mut known = other.identities().into_iter().map(|identity| between(other.account_id(), identity));
            known.find(|known| *known == named)
        } else {
            self.account.me.identity_at(&incoming.rcpt_stmt()).map(|identity| between(me, identity))
        };
        let Some((members_hash, group_epoch)) = found else {
            // Another browser of this account may know the reader by an identity that is not known here.
            let own = mine && incoming.is_by(sender);
            return if own { Verdict::Held(Need::State) } else { Verdict::Refused("members") };
        };
        if !self.account.ek_ids.contains(&ek) && self.account.me.is_earlier(&incoming.rcpt_stmt()) {
            // Every check but those that need the key.
            let view = View { me, my_ek_ids: &[ek], sender, members_hash, group_epoch, conv_id };
            return match incoming.verify(&view) {
                Ok(_) => Verdict::Sealed(ek),
                Err(refused) => Verdict::Refused(refused.code()),
            };
        }
        let view = View { me, my_ek_ids: &self.account.ek_ids, sender, members_hash, group_epoch, conv_id };
        match incoming.verify(&view).and_then(|authentic| authentic.open(&self.account.keys)) {
            Ok((message, key)) => Verdict::Opened { message: Box::new(message), key: Some(key) },
            Err(refused) => Verdict::Refused(refused.code()),
        }
    }

    fn accept<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        at: (u64, u64),
        message: Message,
        key: Option<ContentKey>,
    ) {
        let env_id = message.env_id;
        if message.header.sender_id == self.me() {
            self.note_claim(hands, &message.inner);
        }
        let mut opened = opened(message);
        let (conv_id, me) = (opened.conv, self.me());
        let Some(conv) = self.convs.get_mut(&conv_id) else { return };
        let views = match conv.take_in(me, at.0, &opened) {
            conv::Change::Views(views) => views,
            conv::Change::Equivocation => {
                hands.log("equivocation");
                self.store_mail(hands, at, env_id, MailRow::Equivocal { conv: conv_id }, None);
                hands.event(Event::Conversations(self.conversation(&conv_id).into_iter().collect()));
                return;
            }
        };
        // What its author has deleted is not kept.
        if opened.body.is_message() && self.is_deleted(&conv_id, &opened) {
            opened.body = MailBody::Text(String::new());
        }
        self.wipe_deleted(hands, &conv_id, &opened.body);
        // The echo of one's own message: it leaves the outbox in the transaction that makes it mail.
        let mine = (opened.author == me).then_some(opened.uuid);
        let sent = mine.and_then(|uuid| self.outbox.take_sent(&env_id, uuid));
        self.store_mail(hands, at, env_id, MailRow::Opened(opened), sent.or(mine));
        if let Some(key) = key {
            let account = &self.account;
            let record = seal_record(&account.amk, me, account.ik(), &conv_id, &env_id, &key, &mut hands.rng);
            self.send_frame(hands, &ClientFrame::Keep { seq: at.1, record });
        }
        self.show(hands, conv_id, &views);
        if self.line.caught_up {
            self.plan_receipts(hands);
            if self.convs.get(&conv_id).is_some_and(|conv| conv.is_waiting() || conv.streams.has_news()) {
                self.be_patient(hands);
            }
        }
        if sent.is_some() {
            self.pump(hands);
        }
    }

    fn is_deleted(&self, conv: &ConvId, message: &Opened) -> bool {
        let said = self.convs.get(conv).map(|conv| conv.notes.of(&message.place.env_id).to_vec());
        Noted::new(message.author, said.unwrap_or_default()).deleted
    }

    /// A message that is deleted by this note loses its text here too. What its row says of others' streams was taken in
    /// already, and goes with it.
    fn wipe_deleted<R: CryptoRng>(&mut self, hands: &mut Hands<R>, id: &ConvId, body: &MailBody) {
        let (MailBody::Note(Note { target, says: Says::Delete }), Some(conv)) = (body, self.convs.get_mut(id)) else {
            return;
        };
        let said = conv.notes.of(target).to_vec();
        let Some(shown) = conv.orders.get(target).and_then(|order| conv.messages.get_mut(&order)) else { return };
        if !Noted::new(shown.id.author, said).deleted {
            return;
        }
        shown.text = Some(String::new());
        // One of a backup alone has no row of its own, and nothing before it that is known.
        let (place, at) = (shown.place, shown.at);
        let Some(prev) = conv.streams.before(&place).filter(|_| at > 0) else { return };
        let wiped = Opened {
            conv: *id,
            author: shown.id.author,
            place,
            prev,
            uuid: shown.id.uuid,
            sent_ms: shown.sent_ms,
            body: MailBody::Text(String::new()),
            reply_to: None,
            seen: Vec::new(),
            abandoned: shown.rest.as_ref().and_then(|rest| rest.abandoned),
        };
        let number = self.mailbox.number(at, place.env_id);
        self.store_mail(hands, (at, number), place.env_id, MailRow::Opened(wiped), None);
    }

    /// Its place in its stream counts; the rest waits for a secret of then.
    fn keep_sealed<R: CryptoRng>(&mut self, hands: &mut Hands<R>, place: u64, waiting: &Waiting, ek: EkId) {
        let Ok(header) = Header::read(&mut Reader::new(&waiting.delivery)) else { return };
        let (id, author, number, prev) = (header.conv_id, header.sender_id, waiting.number, header.prev);
        let here = Place { stream: header.stream_id, seq: header.seq, env_id: waiting.env_id };
        let Some(conv) = self.convs.get_mut(&id) else { return };
        let row = if conv.take_sealed(author, here, prev, place) {
            self.sealed.insert(place, (number, id, ek));
            MailRow::Sealed { conv: id, author, place: here, prev, ek }
        } else {
            hands.log("equivocation");
            MailRow::Equivocal { conv: id }
        };
        self.store_mail(hands, (place, number), waiting.env_id, row, None);
        if self.line.caught_up {
            hands.event(Event::Conversations(self.conversation(&id).into_iter().collect()));
        }
    }

    /// Keys of before this account began anew have turned up: what was sealed for them is fetched again.
    pub(super) fn open_sealed<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let mut again = false;
        for (place, (number, conv, ek)) in core::mem::take(&mut self.sealed) {
            if !self.account.ek_ids.contains(&ek) {
                self.sealed.insert(place, (number, conv, ek));
                continue;
            }
            again = true;
            self.mailbox.lose(place, number);
            if let Some(conv) = self.convs.get_mut(&conv) {
                conv.sealed = conv.sealed.saturating_sub(1);
            }
        }
        if again {
            self.renew_line(hands);
            hands.event(Event::Conversations(self.conversations()));
        }
    }

    /// A row of mail, by place and number. `sent`: what leaves the outbox with it.
    fn store_mail<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        (place, number): (u64, u64),
        env_id: EnvId,
        row: MailRow,
        sent: Option<ClientUuid>,
    ) {
        let mail = Mail { number, env_id, judge: JUDGE, row };
        let mut changes =
            vec![self.row_change(hands, Table::Mail, place.to_be_bytes().to_vec(), &rows::to_bytes(&mail))];
        changes.extend(sent.map(|uuid| Change::Delete { table: Table::Outbox, key: uuid.as_bytes().to_vec() }));
        hands.batch.mail.push((place, number));
        hands.store(changes);
        self.mailbox.keep(place, number, env_id);
    }

    /// What is missing has had its time: it is said to be missing, and what builds on it is shown.
    pub(super) fn patience_over<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        if self.waits_for_held(hands) {
            return;
        }
        self.line.wait_no_more();
        self.convs.values_mut().for_each(|conv| conv.streams.believe());
        let waiting = self.convs.values_mut().map(|conv| (conv.id, conv.stop_waiting()));
        for (id, views) in waiting.filter(|(_, views)| !views.is_empty()).collect::<Vec<_>>() {
            self.show(hands, id, &views);
        }
        hands.event(Event::Conversations(self.conversations()));
        self.plan_receipts(hands);
    }

    pub(super) fn show<R: CryptoRng>(&self, hands: &mut Hands<R>, conv_id: ConvId, orders: &[u64]) {
        let Some(conv) = self.convs.get(&conv_id) else { return };
        let shown = orders.iter().filter_map(|order| Some(self.message_view(conv, *order, conv.messages.get(order)?)));
        let messages: Vec<_> = shown.collect();
        if !messages.is_empty() {
            hands.event(Event::Messages { conv: conv_id, messages });
            // While a backlog comes in, the list is told once, at its end.
            if self.line.caught_up {
                hands.event(Event::Conversations(self.conversation(&conv_id).into_iter().collect()));
            }
        }
    }

    /// The timer for receipts, if there is something to say.
    pub(super) fn plan_receipts<R: CryptoRng>(&mut self, hands: &mut Hands<R>) {
        let owed = |conv: &conv::Conv| !conv.to_receipt.is_empty() || !conv.to_read.is_empty();
        if !self.line.receipts_planned && self.convs.values().any(owed) {
            self.line.receipts_planned = true;
            hands.push(Effect::Timer { timer: Timer::Receipts, after_ms: RECEIPTS_AFTER_MS });
        }
    }
}

fn opened(message: Message) -> Opened {
    let Message { env_id, header, inner } = message;
    Opened {
        conv: header.conv_id,
        author: header.sender_id,
        place: Place { stream: header.stream_id, seq: header.seq, env_id },
        prev: header.prev,
        uuid: inner.client_uuid,
        sent_ms: inner.sent_ms,
        seen: inner.seen.iter().map(|row| Place { stream: row.stream, seq: row.seq, env_id: row.env_id }).collect(),
        abandoned: inner.abandoned,
        reply_to: inner.reply_to,
        body: match inner.content {
            // A text that is to disappear is not kept by a version that would not delete it.
            Content::Text(_) if inner.expires_s > 0 => MailBody::Unknown,
            Content::Text(text) => MailBody::Text(text),
            Content::Delivered(ids) => MailBody::Delivered(ids),
            Content::Read(ids) => MailBody::Read(ids),
            Content::Reaction { target, emoji } => MailBody::Note(Note { target, says: Says::Reaction(emoji) }),
            Content::Edit { target, text } => MailBody::Note(Note { target, says: Says::Edit(text) }),
            Content::Delete { target } => MailBody::Note(Note { target, says: Says::Delete }),
            Content::Unknown { .. } => MailBody::Unknown,
        },
    }
}
