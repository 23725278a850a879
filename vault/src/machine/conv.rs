//! A conversation as this browser has it in memory: every opened message, and the chains they came in.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use signet_ask::MessageId;
use signet_crypto::VerifiedAccount;
use signet_shared::{AccountId, ConvId, EnvId, StreamId, envelope::Header, limits};

use super::{
    rows::{MailBody, Opened},
    streams::{Place, Placed, Streams},
};

pub(super) struct Conv {
    pub(super) id: ConvId,
    pub(super) peer: AccountId,
    pub(super) since_ms: u64,
    /// The peer's verified statements. Usable where they end in what is pinned: see [`super::trust`].
    pub(super) chain: Option<VerifiedAccount>,
    /// As this browser kept them, until they are needed.
    pub(super) kept_chain: Vec<u8>,
    /// By place in the mailbox.
    pub(super) messages: BTreeMap<u64, Shown>,
    pub(super) index: HashMap<MessageId, u64>,
    pub(super) streams: Streams,
    /// What readers say they opened.
    pub(super) delivered: HashSet<EnvId>,
    /// What this account said it opened.
    pub(super) receipted: HashSet<EnvId>,
    /// Opened, and not yet said so.
    pub(super) to_receipt: BTreeSet<EnvId>,
    /// Heads of others' streams since this browser's last message.
    pub(super) to_show: BTreeMap<StreamId, Place>,
    /// Sealed, refused and given up; each is named by a later message.
    pub(super) to_abandon: Vec<EnvId>,
    /// Last counter and message of this start's own stream here.
    pub(super) own: Option<(u64, EnvId)>,
    pub(super) equivocation: bool,
}

/// A message to show.
pub(super) struct Shown {
    pub(super) id: MessageId,
    pub(super) env_id: EnvId,
    pub(super) sent_ms: u64,
    pub(super) text: Option<String>,
}

/// What a message changed.
pub(super) enum Change {
    /// A new message to show.
    Shown(u64),
    /// Receipts for messages of one's own, at these places.
    Delivered(Vec<u64>),
    Nothing,
    Equivocation,
}

impl Conv {
    pub(super) fn new(id: ConvId, peer: AccountId, since_ms: u64) -> Self {
        Self {
            id,
            peer,
            since_ms,
            chain: None,
            kept_chain: Vec::new(),
            messages: BTreeMap::new(),
            index: HashMap::new(),
            streams: Streams::default(),
            delivered: HashSet::new(),
            receipted: HashSet::new(),
            to_receipt: BTreeSet::new(),
            to_show: BTreeMap::new(),
            to_abandon: Vec::new(),
            own: None,
            equivocation: false,
        }
    }

    /// Takes in an authentic message, in the order of the mailbox.
    pub(super) fn take_in(&mut self, me: AccountId, own_stream: StreamId, seq: u64, opened: &Opened) -> Change {
        let first = Header::first_prev(self.id, opened.author, opened.place.stream);
        match self.streams.place(opened.author, first, opened.place, opened.prev) {
            Placed::New => {}
            Placed::Again => return Change::Nothing,
            Placed::Equivocation => {
                self.equivocation = true;
                return Change::Equivocation;
            }
        }
        self.streams.claim(opened.seen.iter().copied());
        if let Some(id) = opened.abandoned {
            self.streams.abandon(id);
        }
        if opened.author != me {
            self.to_show.insert(opened.place.stream, opened.place);
        } else if opened.place.stream != own_stream {
            self.own_elsewhere(opened);
        }
        let text = match &opened.body {
            MailBody::Delivered(ids) => return self.receipt(me, opened.author, ids),
            MailBody::Text(text) => Some(text.clone()),
            MailBody::Unknown => None,
        };
        if opened.author != me && !self.receipted.contains(&opened.place.env_id) {
            self.to_receipt.insert(opened.place.env_id);
        }
        let id = MessageId { author: opened.author, uuid: opened.uuid };
        if self.index.contains_key(&id) {
            return Change::Nothing;
        }
        self.index.insert(id, seq);
        self.messages.insert(seq, Shown { id, env_id: opened.place.env_id, sent_ms: opened.sent_ms, text });
        Change::Shown(seq)
    }

    /// Another browser of this account has shown these rows already.
    fn own_elsewhere(&mut self, opened: &Opened) {
        for row in &opened.seen {
            if self.to_show.get(&row.stream).is_some_and(|mine| mine.seq <= row.seq) {
                self.to_show.remove(&row.stream);
            }
        }
    }

    fn receipt(&mut self, me: AccountId, author: AccountId, ids: &[EnvId]) -> Change {
        if author == me {
            for id in ids {
                self.to_receipt.remove(id);
            }
            self.receipted.extend(ids.iter().copied());
            return Change::Nothing;
        }
        let fresh: HashSet<EnvId> = ids.iter().copied().filter(|id| self.delivered.insert(*id)).collect();
        let theirs = self.messages.iter().rev().filter(|(_, m)| m.id.author == me && fresh.contains(&m.env_id));
        Change::Delivered(theirs.map(|(seq, _)| *seq).collect())
    }

    /// The `seen` rows for one's next message: what others' streams have reached since the last; in a stream's first
    /// message also where one's own other streams stand.
    pub(super) fn draw_seen(&mut self, me: AccountId, own_stream: StreamId) -> Vec<Place> {
        let mut rows: Vec<Place> = Vec::new();
        while rows.len() < limits::SEEN_ROWS {
            let Some((_, place)) = self.to_show.pop_first() else { break };
            rows.push(place);
        }
        if self.own.is_none() {
            let own = self.streams.heads().filter(|(author, place)| *author == me && place.stream != own_stream);
            let room = limits::SEEN_ROWS.saturating_sub(rows.len());
            rows.extend(own.map(|(_, place)| place).take(room));
        }
        rows
    }

    pub(super) fn unread(&self, me: AccountId, mark: u64) -> u32 {
        let above = self.messages.range(mark.saturating_add(1)..);
        u32::try_from(above.filter(|(_, m)| m.id.author != me).count()).unwrap_or(u32::MAX)
    }
}
