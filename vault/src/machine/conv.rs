//! A conversation as this browser has it in memory: every opened message, and the chains they came in.

use signet_ask::MessageId;
use signet_crypto::VerifiedAccount;
use signet_shared::{AccountId, ConvId, EnvId, StreamId, envelope::Header, limits};

use super::{
    notes::{Note, Notes, Said},
    rows::{MailBody, Opened},
    streams::{Place, Placed, Streams},
};
use crate::{
    hashed::{Index, Names},
    sorted::{Map, first_bytes, in_order},
};

pub(super) struct Conv {
    pub(super) id: ConvId,
    pub(super) peer: AccountId,
    pub(super) since_ms: u64,
    /// The peer's verified statements. Usable where they end in what is pinned: see [`super::trust`].
    pub(super) chain: Option<VerifiedAccount>,
    /// Their statements up to an identity that is offered, while it is.
    pub(super) offered: Option<VerifiedAccount>,
    /// As this browser kept them, until they are needed.
    pub(super) kept_chain: Vec<u8>,
    /// By their order on the screen.
    pub(super) messages: Map<u64, Shown>,
    pub(super) index: Index<MessageId>,
    /// The same by their envelopes, for what is said about them.
    pub(super) orders: Index<EnvId>,
    pub(super) notes: Notes,
    /// Messages that came before another that they build on: shown after it, or when it does not come.
    pub(super) ahead: Vec<Shown>,
    pub(super) streams: Streams,
    /// What readers say they opened.
    pub(super) delivered: Names,
    /// What they say that the person has seen.
    pub(super) read: Names,
    /// What this account said it opened.
    pub(super) receipted: Names,
    /// Opened, and not yet said so.
    pub(super) to_receipt: Names,
    /// Seen, and not yet said so.
    pub(super) to_read: Vec<EnvId>,
    /// Heads of others' streams that no message of this account is known to have shown.
    pub(super) to_show: Vec<Place>,
    /// Sealed, refused and given up; each is named by a later message.
    pub(super) to_abandon: Vec<EnvId>,
    /// The stream that this browser writes here. After an envelope that is given up there is a new one, so that readers do
    /// not miss anything.
    pub(super) stream: StreamId,
    /// Its last counter and message.
    pub(super) own: Option<(u64, EnvId)>,
    pub(super) equivocation: bool,
    /// Messages of before this account began anew, which do not open.
    pub(super) sealed: u32,
}

/// A message to show.
pub(super) struct Shown {
    pub(super) id: MessageId,
    pub(super) place: Place,
    /// Where it lies in the mailbox.
    pub(super) at: u64,
    pub(super) sent_ms: u64,
    pub(super) text: Option<String>,
    pub(super) rest: Option<Box<Rest>>,
}

/// What few messages have.
pub(super) struct Rest {
    /// The message that it answers.
    pub(super) reply_to: Option<EnvId>,
    /// An envelope of the same message that was given up.
    pub(super) abandoned: Option<EnvId>,
}

/// What a message changed.
pub(super) enum Change {
    /// Messages to show, or to show anew: by their order on the screen.
    Views(Vec<u64>),
    Equivocation,
}

impl Conv {
    pub(super) fn new(id: ConvId, peer: AccountId, since_ms: u64, stream: StreamId) -> Self {
        Self {
            id,
            peer,
            since_ms,
            chain: None,
            offered: None,
            kept_chain: Vec::new(),
            messages: Map::new(),
            index: Index::default(),
            orders: Index::default(),
            notes: Notes::default(),
            ahead: Vec::new(),
            streams: Streams::default(),
            delivered: Names::default(),
            read: Names::default(),
            receipted: Names::default(),
            to_receipt: Names::default(),
            to_read: Vec::new(),
            to_show: Vec::new(),
            to_abandon: Vec::new(),
            stream,
            own: None,
            equivocation: false,
            sealed: 0,
        }
    }

    /// Takes in an authentic message that lies at `at` in the mailbox.
    pub(super) fn take_in(&mut self, me: AccountId, at: u64, opened: &Opened) -> Change {
        let id = MessageId { author: opened.author, uuid: opened.uuid };
        let first = Header::first_prev(self.id, opened.author, opened.place.stream);
        match self.streams.place(opened.author, first, opened.place, opened.prev, at) {
            Placed::New => {}
            // Its row was not stored the first time, and nothing of it was told.
            Placed::Again => return Change::Views(self.told_again(me, id, opened)),
            Placed::Equivocation => {
                self.equivocation = true;
                return Change::Equivocation;
            }
        }
        self.streams.claim(opened.seen.iter().copied());
        if let Some(id) = opened.abandoned {
            self.streams.abandon(opened.author, id);
        }
        if opened.author == me {
            self.shown_by_me(opened);
        } else {
            match self.to_show.iter_mut().find(|place| place.stream == opened.place.stream) {
                Some(place) if place.seq < opened.place.seq => *place = opened.place,
                Some(_) => {}
                None => {
                    if self.to_show.len() >= limits::HELD {
                        // Who starts so often that nobody can tell him of each is not told of the oldest.
                        self.to_show.remove(0);
                    }
                    self.to_show.push(opened.place);
                }
            }
        }
        let mut views = match &opened.body {
            MailBody::Delivered(ids) => self.receipt(me, opened.author, ids, false),
            MailBody::Read(ids) => self.receipt(me, opened.author, ids, true),
            MailBody::Note(note) => self.note(note, opened),
            MailBody::Text(text) => self.message(me, id, at, opened, Some(text.clone())),
            MailBody::Unknown => self.message(me, id, at, opened, None),
        };
        if self.ahead.len() > limits::HELD {
            self.streams.stop_waiting();
        }
        views.extend(self.release());
        Change::Views(views)
    }

    /// Takes in the place of an authentic message that does not open. False if another has it.
    pub(super) fn take_sealed(&mut self, author: AccountId, place: Place, prev: EnvId, at: u64) -> bool {
        let first = Header::first_prev(self.id, author, place.stream);
        match self.streams.place(author, first, place, prev, at) {
            Placed::New => {
                self.streams.seal(&place);
                self.sealed = self.sealed.saturating_add(1);
            }
            Placed::Again => {}
            Placed::Equivocation => {
                self.equivocation = true;
                return false;
            }
        }
        true
    }

    fn message(&mut self, me: AccountId, id: MessageId, at: u64, opened: &Opened, text: Option<String>) -> Vec<u64> {
        if opened.author != me && !self.receipted.contains(&opened.place.env_id) {
            self.to_receipt.insert(opened.place.env_id);
        }
        // A second envelope of the same message. The outbox's copy may have been the one shown.
        if let Some(order) = self.index.get(&id) {
            self.orders.insert(&opened.place.env_id, order);
            return vec![order];
        }
        let Opened { reply_to, abandoned, .. } = *opened;
        if let Some(target) = reply_to {
            self.notes.answer(&target, opened.place.env_id);
        }
        let rest = (reply_to.is_some() || abandoned.is_some()).then(|| Box::new(Rest { reply_to, abandoned }));
        let shown = Shown { id, place: opened.place, at, sent_ms: opened.sent_ms, text, rest };
        if opened.author == me {
            // One's own is on the screen already.
            return vec![self.show(shown)];
        }
        if self.ahead.iter().all(|ahead| ahead.id != id) {
            self.ahead.push(shown);
        }
        Vec::new()
    }

    /// Shows what has nothing missing before it any more.
    fn release(&mut self) -> Vec<u64> {
        let streams = &mut self.streams;
        let (mut ready, ahead): (Vec<Shown>, Vec<Shown>) =
            core::mem::take(&mut self.ahead).into_iter().partition(|shown| streams.is_settled(&shown.place));
        self.ahead = ahead;
        ready = in_order(ready, |shown| shown.place.seq);
        ready = in_order(ready, |shown| first_bytes(shown.place.stream.as_bytes()));
        ready.into_iter().map(|shown| self.show(shown)).collect()
    }

    /// Shows what is still ahead, for what should be before it has had its time.
    pub(super) fn stop_waiting(&mut self) -> Vec<u64> {
        if self.ahead.is_empty() {
            return Vec::new();
        }
        self.streams.stop_waiting();
        self.release()
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.ahead.is_empty()
    }

    fn show(&mut self, shown: Shown) -> u64 {
        let mut order = self.streams.order(&shown.place);
        while self.messages.contains_key(&order) {
            order = order.saturating_add(1);
        }
        self.streams.shown(&shown.place, order);
        self.index.insert(&shown.id, order);
        self.orders.insert(&shown.place.env_id, order);
        self.messages.insert(order, shown);
        order
    }

    /// A message of this account has come back: everybody else will find these rows in it.
    fn shown_by_me(&mut self, opened: &Opened) {
        for row in &opened.seen {
            self.to_show.retain(|place| place.stream != row.stream || place.seq > row.seq);
        }
    }

    fn told_again(&self, me: AccountId, id: MessageId, opened: &Opened) -> Vec<u64> {
        match &opened.body {
            MailBody::Delivered(ids) | MailBody::Read(ids) if opened.author != me => self.mine(me, ids),
            MailBody::Delivered(_) | MailBody::Read(_) => Vec::new(),
            MailBody::Note(note) => self.changed_by(&note.target),
            MailBody::Text(_) | MailBody::Unknown => self.index.get(&id).into_iter().collect(),
        }
    }

    fn receipt(&mut self, me: AccountId, by: AccountId, ids: &[EnvId], read: bool) -> Vec<u64> {
        if by == me {
            if !read {
                for id in ids {
                    self.to_receipt.remove(id);
                }
                self.receipted.add(ids);
            }
            return Vec::new();
        }
        let said = if read { &mut self.read } else { &mut self.delivered };
        let fresh: Vec<EnvId> = ids.iter().copied().filter(|id| said.insert(*id)).collect();
        self.mine(me, &fresh)
    }

    /// Where one's own messages among these are shown.
    fn mine(&self, me: AccountId, ids: &[EnvId]) -> Vec<u64> {
        let is_mine = |order: &u64| self.messages.get(order).is_some_and(|shown| shown.id.author == me);
        let orders = ids.iter().filter_map(|id| self.orders.get(id)).filter(is_mine).collect();
        in_order(orders, |order| u64::MAX - order)
    }

    fn note(&mut self, note: &Note, opened: &Opened) -> Vec<u64> {
        let Opened { author: by, sent_ms, place: Place { env_id, .. }, .. } = *opened;
        self.notes.add(&note.target, Said { by, sent_ms, env_id, says: note.says.clone() });
        self.changed_by(&note.target)
    }

    /// What looks different once something has been said about a message: itself, and what answers it.
    pub(super) fn changed_by(&self, target: &EnvId) -> Vec<u64> {
        let all = core::iter::once(target).chain(self.notes.answers(target));
        all.filter_map(|id| self.orders.get(id)).collect()
    }

    /// The message of this envelope.
    pub(super) fn by_envelope(&self, id: &EnvId) -> Option<&Shown> {
        self.messages.get(&self.orders.get(id)?)
    }

    /// The `seen` rows for one's next message: what others' streams have reached that no message of one's own is known to
    /// have shown; in a stream's first message also where one's own other streams stand. Rows are shown until the message
    /// comes back: what is refused, or lost with its tab, has shown nothing.
    pub(super) fn seen(&self, me: AccountId) -> Vec<Place> {
        let mut rows: Vec<Place> = self.to_show.iter().take(limits::SEEN_ROWS).copied().collect();
        if self.own.is_none() {
            let own = self.streams.heads().filter(|(author, place, _)| *author == me && place.stream != self.stream);
            let room = limits::SEEN_ROWS.saturating_sub(rows.len());
            rows.extend(own.map(|(_, place, _)| place).take(room));
        }
        rows
    }

    pub(super) fn unread(&self, me: AccountId, mark: u64) -> u32 {
        let unread = self.messages.values().filter(|shown| shown.at > mark && shown.id.author != me);
        u32::try_from(unread.count()).unwrap_or(u32::MAX)
    }

    /// The read mark of someone who has seen everything on the screen down to here.
    pub(super) fn mark_at(&self, order: u64) -> u64 {
        let seen = self.messages.range(..=order).map(|(_, shown)| shown.at).max().unwrap_or(0);
        let waiting = self.ahead.iter().map(|shown| shown.at.saturating_sub(1)).min();
        seen.min(waiting.unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use signet_shared::{ClientUuid, Hash};

    use super::*;

    const ME: AccountId = AccountId([1; 16]);
    const PEER: AccountId = AccountId([2; 16]);
    /// Were the work for each as much as there is already, this would be ten thousand million steps: nobody would see the
    /// end of these tests.
    const MANY: u64 = 100_000;

    fn id(n: u64) -> [u8; 32] {
        Hash::new("test").chain_u64(n).finish()
    }

    fn conv() -> Conv {
        Conv::new(ConvId([3; 32]), PEER, 0, StreamId([4; 16]))
    }

    fn stream(n: u64) -> StreamId {
        StreamId(id(n)[..16].try_into().unwrap())
    }

    /// Message `n` of all, in place `seq` of a stream.
    fn opened(conv: &Conv, author: AccountId, (stream, seq): (StreamId, u64), n: u64, prev: Option<u64>) -> Opened {
        let first = Header::first_prev(conv.id, author, stream);
        Opened {
            conv: conv.id,
            author,
            place: Place { stream, seq, env_id: EnvId(id(n)) },
            prev: prev.map_or(first, |n| EnvId(id(n))),
            uuid: ClientUuid(id(n)[..16].try_into().unwrap()),
            sent_ms: n,
            body: MailBody::Text(String::new()),
            reply_to: None,
            seen: Vec::new(),
            abandoned: None,
        }
    }

    #[test]
    fn each_of_a_hundred_thousand_messages_is_marked_by_its_own_receipt() {
        let mut conv = conv();
        let (mine, theirs) = (stream(1), stream(2));
        for n in 0..MANY / 2 {
            let (text, receipt) = (2 * n, 2 * n + 1);
            let row = opened(&conv, ME, (mine, n + 1), text, text.checked_sub(2));
            let Change::Views(shown) = conv.take_in(ME, text + 1, &row) else { panic!("refused") };
            let mut row = opened(&conv, PEER, (theirs, n + 1), receipt, n.checked_sub(1).map(|n| 2 * n + 1));
            row.body = MailBody::Delivered(vec![EnvId(id(text))]);
            let Change::Views(marked) = conv.take_in(ME, receipt + 1, &row) else { panic!("refused") };
            assert_eq!((shown.len(), &shown), (1, &marked));
        }
        assert_eq!(conv.streams.missing(), 0);
    }

    #[test]
    fn a_hundred_thousand_streams_are_no_more_work_than_one() {
        let mut conv = conv();
        for n in 0..MANY {
            let row = opened(&conv, PEER, (stream(n), 1), n, None);
            let Change::Views(shown) = conv.take_in(ME, n + 1, &row) else { panic!("refused") };
            assert_eq!(shown.len(), 1);
        }
        assert_eq!((conv.messages.len() as u64, conv.streams.missing()), (MANY, 0));
        // As many of them as anybody can be told of: the newest.
        assert_eq!(conv.to_show.len(), limits::HELD);
        assert_eq!(conv.to_show.last().map(|place| place.env_id), Some(EnvId(id(MANY - 1))));
    }
}
