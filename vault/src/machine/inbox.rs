//! What the relay delivers: judged, opened, stored in one transaction, and only then shown.

use rand_core::CryptoRng;
use signet_ask::{Event, MessageId};
use signet_crypto::{Content, ContentKey, Incoming, Message, VerifiedAccount, View, open_record, seal_record};
use signet_shared::{AccountId, ConvId, MembersHash, wire::ClientFrame};

use super::{
    Change, Effect, Table, Timer, conv,
    hands::Hands,
    rows::{self, MailBody, MailRow, Opened},
    session::{Session, Waiting},
    streams::Place,
};

/// Receipts are gathered for this long.
const RECEIPTS_AFTER_MS: u64 = 400;

/// What came of a delivery.
enum Verdict {
    Opened { message: Box<Message>, key: Option<ContentKey> },
    Refused(&'static str),
    Held(Need),
}

/// What a delivery that cannot be judged yet waits for.
enum Need {
    /// This account's statements.
    Statements(AccountId),
    /// A conversation that another browser of this account has begun.
    Pin,
}

impl Session {
    pub(super) fn deliver<R: CryptoRng>(
        &mut self,
        hands: &mut Hands<R>,
        seq: u64,
        received_ms: u64,
        record: Option<Vec<u8>>,
        delivery: Vec<u8>,
    ) {
        if self.kept.contains(&seq) {
            return;
        }
        match Incoming::parse(&delivery) {
            Ok(incoming) => {
                let sender = incoming.header().sender_id;
                self.judge(hands, seq, Waiting { received_ms, record, delivery, sender, tried: false });
            }
            Err(refused) => self.refuse(hands, seq, refused.code()),
        }
    }

    /// Judges again what was held: of one sender and one's own, or all that may have become possible.
    pub(super) fn try_held<R: CryptoRng>(&mut self, hands: &mut Hands<R>, of: Option<AccountId>) {
        let me = self.me();
        let due = |waiting: &Waiting| match of {
            Some(sender) => waiting.sender == sender || waiting.sender == me,
            None => !waiting.tried,
        };
        let places: Vec<u64> = self.held.iter().filter(|(_, waiting)| due(waiting)).map(|(seq, _)| *seq).collect();
        for seq in places {
            if let Some(waiting) = self.held.remove(&seq) {
                self.judge(hands, seq, waiting);
            }
        }
    }

    fn judge<R: CryptoRng>(&mut self, hands: &mut Hands<R>, seq: u64, waiting: Waiting) {
        self.at_hand(waiting.sender);
        match self.verdict(&waiting, None) {
            Verdict::Opened { message, key } => self.accept(hands, seq, *message, key),
            Verdict::Refused(code) => self.refuse(hands, seq, code),
            Verdict::Held(need) => {
                let Waiting { received_ms, record, delivery, tried, .. } = &waiting;
                let row =
                    MailRow::Held { received_ms: *received_ms, record: record.clone(), delivery: delivery.clone() };
                let tried = *tried;
                if !self.kept.contains(&seq) {
                    self.store_mail(hands, seq, &row, None);
                }
                self.held.insert(seq, waiting);
                match need {
                    Need::Statements(who) if !tried => self.look_up(hands, who),
                    Need::Statements(_) | Need::Pin => {}
                }
            }
        }
    }

    fn refuse<R: CryptoRng>(&mut self, hands: &mut Hands<R>, seq: u64, code: &'static str) {
        hands.log(code);
        self.store_mail(hands, seq, &MailRow::Refused, None);
    }

    /// Whether anything that waits was written by this account, who is not pinned.
    pub(super) fn is_authentic(&self, stranger: &VerifiedAccount) -> bool {
        let of = |waiting: &&Waiting| waiting.sender == stranger.account_id();
        let opens = |waiting: &Waiting| matches!(self.verdict(waiting, Some(stranger)), Verdict::Opened { .. });
        self.held.values().filter(of).any(opens)
    }

    fn verdict(&self, waiting: &Waiting, stranger: Option<&VerifiedAccount>) -> Verdict {
        let incoming = match Incoming::parse(&waiting.delivery) {
            Ok(incoming) => incoming,
            Err(refused) => return Verdict::Refused(refused.code()),
        };
        let (header, env_id, me) = (incoming.header(), incoming.env_id(), self.me());
        let (conv_id, sender_id, stmt) = (header.conv_id, header.sender_id, header.sender_stmt);
        let mine = sender_id == me;
        if !mine && conv_id != ConvId::direct(me, sender_id) {
            return Verdict::Refused("conversation");
        }
        let ik = self.account.ik();
        // One's own word that this was verified once: it needs nobody's statements.
        let kept = waiting.record.as_deref();
        // One's own message, sealed by this browser: its record lies in the outbox.
        let own = if mine { self.outbox.record(&env_id) } else { None };
        let mut recalled = None;
        for (record, from_relay) in [(kept, true), (own, false)] {
            let Some(record) = record else { continue };
            let Ok(key) = open_record(&self.account.amk, me, ik, &conv_id, &env_id, record) else { continue };
            if let Ok(message) = incoming.clone().recall(&key) {
                let key = if from_relay { None } else { Some(key) };
                recalled = Some(Verdict::Opened { message: Box::new(message), key });
                break;
            }
        }
        let peer = match self.convs.get(&conv_id) {
            Some(conv) => conv.peer,
            None if mine => return Verdict::Held(Need::Pin),
            None if stranger.is_some() => sender_id,
            None => return Verdict::Held(Need::Statements(sender_id)),
        };
        if let Some(recalled) = recalled {
            return recalled;
        }
        let Some(other) = stranger.or_else(|| self.chain(peer)) else {
            return Verdict::Held(Need::Statements(peer));
        };
        let sender = if mine { &self.account.me } else { other };
        if !sender.knows(&stmt) {
            return if mine { Verdict::Refused("own-statement") } else { Verdict::Held(Need::Statements(sender_id)) };
        }
        let view = View {
            me,
            my_ek_ids: &self.account.ek_ids,
            sender,
            members_hash: MembersHash::of(&[(me, ik), (peer, other.ik_hash())]),
            group_epoch: 0,
            conv_id,
        };
        match incoming.verify(&view).and_then(|authentic| authentic.open(&self.account.keys)) {
            Ok((message, key)) => Verdict::Opened { message: Box::new(message), key: Some(key) },
            Err(refused) => Verdict::Refused(refused.code()),
        }
    }

    fn accept<R: CryptoRng>(&mut self, hands: &mut Hands<R>, seq: u64, message: Message, key: Option<ContentKey>) {
        let env_id = message.env_id;
        let opened = opened(message);
        let conv_id = opened.conv;
        let (me, stream) = (self.me(), self.stream);
        let Some(conv) = self.convs.get_mut(&conv_id) else { return };
        let change = conv.take_in(me, stream, seq, &opened);
        if matches!(change, conv::Change::Equivocation) {
            hands.log("equivocation");
            self.store_mail(hands, seq, &MailRow::Equivocal { conv: conv_id }, None);
            hands.event(Event::Conversations(self.conversation(&conv_id).into_iter().collect()));
            return;
        }
        // The echo of one's own message: it leaves the outbox in the transaction that makes it mail.
        let sent = if opened.author == me { self.outbox.take_sent(&env_id, opened.uuid) } else { None };
        let id = MessageId { author: opened.author, uuid: opened.uuid };
        let receipt = matches!(opened.body, MailBody::Delivered(_));
        self.store_mail(hands, seq, &MailRow::Opened(opened), sent.map(|uuid| uuid.as_bytes().to_vec()));
        if let Some(key) = key {
            let account = &self.account;
            let record = seal_record(&account.amk, me, account.ik(), &conv_id, &env_id, &key, &mut hands.rng);
            self.send_frame(hands, &ClientFrame::Keep { seq, record });
        }
        match change {
            conv::Change::Shown(seq) => self.show(hands, conv_id, &[seq]),
            conv::Change::Delivered(seqs) => self.show(hands, conv_id, &seqs),
            // A second envelope of a message that is shown already: the outbox's copy of it may have been the one shown.
            _ if !receipt && sent.is_some() => {
                let shown = self.convs.get(&conv_id).and_then(|conv| conv.index.get(&id)).copied();
                self.show(hands, conv_id, &shown.into_iter().collect::<Vec<_>>());
            }
            _ => {}
        }
        if self.line.caught_up {
            self.plan_receipts(hands);
        }
        if sent.is_some() {
            self.pump(hands);
        }
    }

    fn store_mail<R: CryptoRng>(&mut self, hands: &mut Hands<R>, seq: u64, row: &MailRow, sent: Option<Vec<u8>>) {
        let key = seq.to_be_bytes().to_vec();
        let mut changes = vec![self.row_change(hands, Table::Mail, key, &rows::to_bytes(row))];
        changes.extend(sent.map(|key| Change::Delete { table: Table::Outbox, key }));
        hands.store(changes);
        self.kept.insert(seq);
    }

    fn show<R: CryptoRng>(&mut self, hands: &mut Hands<R>, conv_id: ConvId, seqs: &[u64]) {
        let Some(conv) = self.convs.get(&conv_id) else { return };
        let shown = seqs.iter().filter_map(|seq| Some(self.message_view(conv, *seq, conv.messages.get(seq)?)));
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
        if !self.line.receipts_planned && self.convs.values().any(|conv| !conv.to_receipt.is_empty()) {
            self.line.receipts_planned = true;
            hands.push(Effect::Timer { timer: Timer::Receipts, after_ms: RECEIPTS_AFTER_MS });
        }
    }

    /// The highest place of the mailbox below which nothing is missing here.
    pub(super) fn cursor(&self) -> u64 {
        let mut cursor = 0;
        for seq in &self.kept {
            if *seq != cursor + 1 {
                break;
            }
            cursor = *seq;
        }
        cursor
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
        body: match inner.content {
            Content::Text(text) => MailBody::Text(text),
            Content::Delivered(ids) => MailBody::Delivered(ids),
            Content::Unknown { .. } => MailBody::Unknown,
        },
    }
}
