//! The chains of a conversation: every message names its place in its writer's stream and the message before it. What is
//! missing, in which order things were written, and who lies, shows here.

use serde::{Deserialize, Serialize};
use signet_shared::{AccountId, EnvId, StreamId, limits};

use crate::sorted::Map;

mod shelf;

use shelf::Shelf;

/// Between two places of the mailbox there is room for what came in the wrong order.
const SPACING: u64 = 1 << 20;

/// A place in a stream, and what is (or is claimed to be) there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) stream: StreamId,
    pub(super) seq: u64,
    pub(super) env_id: EnvId,
}

/// A message of a stream.
#[derive(Debug)]
struct Link {
    id: EnvId,
    /// The message that it says was before it; of one that is known from a backup alone, that is not known.
    prev: Option<EnvId>,
    /// Where it came in the mailbox.
    at: u64,
    /// Where it is shown; 0 if it is not.
    order: u64,
    /// It has not been opened.
    sealed: bool,
}

#[derive(Debug)]
struct Stream {
    author: AccountId,
    first_prev: EnvId,
    links: Map<u64, Link>,
    /// Everything up to this counter has come, was given up by its writer, or has been waited for long enough.
    settled: u64,
}

/// What became of a message's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    New,
    /// The same message again.
    Again,
    /// Another message is in this place, or the chain does not close.
    Equivocation,
}

#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: Shelf<Stream>,
    /// The highest place that others say a stream has reached and that is empty here: one for each stream.
    claims: Vec<Place>,
    /// The same of what may still be on its way: whoever was told earlier than this browser does not lie.
    news: Vec<Place>,
    /// Envelopes that their writers gave up: the gap they leave is none.
    abandoned: Vec<(AccountId, EnvId)>,
    differ: bool,
}

impl Streams {
    pub(super) fn place(&mut self, author: AccountId, first_prev: EnvId, here: Place, prev: EnvId, at: u64) -> Placed {
        let new = || Stream { author, first_prev, links: Map::new(), settled: 0 };
        let stream = self.streams.get_or_insert_with(here.stream, new);
        let known = stream.links.get(&here.seq);
        // One from a backup has come itself, or a sealed one has been opened.
        let open = |link: &&Link| (link.prev.is_none() || link.sealed) && link.id == here.env_id;
        let order = known.filter(open).map(|link| link.order);
        if let (Some(link), None) = (known, order) {
            return if link.id == here.env_id { Placed::Again } else { Placed::Equivocation };
        }
        let before = match here.seq.checked_sub(1) {
            Some(0) | None => Some(stream.first_prev),
            Some(seq) => stream.links.get(&seq).map(|link| link.id),
        };
        let after = here.seq.checked_add(1).and_then(|seq| stream.links.get(&seq)?.prev);
        let fits = here.seq > 0
            && stream.author == author
            && before.is_none_or(|id| id == prev)
            && after.is_none_or(|id| id == here.env_id);
        if !fits {
            return Placed::Equivocation;
        }
        let link = Link { id: here.env_id, prev: Some(prev), at, order: order.unwrap_or(0), sealed: false };
        stream.links.insert(here.seq, link);
        self.filled(here);
        Placed::New
    }

    /// The message that was just placed has not been opened: it may come again.
    pub(super) fn seal(&mut self, place: &Place) {
        let stream = self.streams.get_mut(&place.stream);
        if let Some(link) = stream.and_then(|stream| stream.links.get_mut(&place.seq)) {
            link.sealed = true;
        }
    }

    /// What a backup says was in this place. False where that cannot be.
    pub(super) fn remember(&mut self, author: AccountId, first_prev: EnvId, here: Place) -> bool {
        let new = || Stream { author, first_prev, links: Map::new(), settled: 0 };
        let stream = self.streams.get_or_insert_with(here.stream, new);
        if let Some(link) = stream.links.get(&here.seq) {
            return link.id == here.env_id;
        }
        let after = here.seq.checked_add(1).and_then(|seq| stream.links.get(&seq)?.prev);
        if here.seq == 0 || stream.author != author || after.is_some_and(|id| id != here.env_id) {
            return false;
        }
        stream.links.insert(here.seq, Link { id: here.env_id, prev: None, at: 0, order: 0, sealed: false });
        self.filled(here);
        true
    }

    /// Nobody claims any more what is there.
    fn filled(&mut self, here: Place) {
        let here_claimed = |claim: &Place| claim.stream == here.stream && claim.seq == here.seq;
        for claims in [&mut self.claims, &mut self.news] {
            self.differ |= claims.iter().any(|claim| here_claimed(claim) && claim.env_id != here.env_id);
            claims.retain(|claim| !here_claimed(claim));
        }
    }

    /// Takes in what others say there is. True if something must exist of which nothing was known.
    pub(super) fn claim(&mut self, places: impl IntoIterator<Item = Place>) -> bool {
        let mut grown = false;
        for place in places {
            if let Some(id) = self.at(place.stream, place.seq) {
                self.differ |= id != place.env_id;
                continue;
            }
            match self.claims.iter().find(|claim| claim.stream == place.stream && claim.seq >= place.seq) {
                Some(claim) => self.differ |= claim.seq == place.seq && claim.env_id != place.env_id,
                None => grown |= raise(&mut self.news, place, &mut self.differ),
            }
        }
        grown
    }

    /// Something is claimed that may be on its way.
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// It has had its time: what did not come is missing.
    pub(super) fn believe(&mut self) {
        for place in core::mem::take(&mut self.news) {
            raise(&mut self.claims, place, &mut self.differ);
        }
    }

    /// Only a message's own writer can give it up.
    pub(super) fn abandon(&mut self, author: AccountId, id: EnvId) {
        if self.abandoned.len() >= limits::HELD {
            self.abandoned.remove(0);
        }
        self.abandoned.push((author, id));
    }

    fn at(&self, stream: StreamId, seq: u64) -> Option<EnvId> {
        self.streams.get(&stream)?.links.get(&seq).map(|link| link.id)
    }

    pub(super) fn holds(&self, id: &EnvId) -> bool {
        self.streams.values().any(|stream| stream.links.values().any(|link| link.id == *id))
    }

    /// What the message of this place says was before it.
    pub(super) fn before(&self, place: &Place) -> Option<EnvId> {
        self.streams.get(&place.stream)?.links.get(&place.seq)?.prev
    }

    /// Somebody saw something else in a place that is filled here.
    pub(super) fn differ(&self) -> bool {
        self.differ
    }

    /// Whether everything before a message has come, or need not be waited for any more.
    pub(super) fn is_settled(&mut self, place: &Place) -> bool {
        let Some(stream) = self.streams.get_mut(&place.stream) else { return true };
        while let Some(next) = stream.settled.checked_add(1)
            && (stream.links.contains_key(&next) || stream.given_up(next, &self.abandoned))
        {
            stream.settled = next;
        }
        place.seq <= stream.settled
    }

    /// What has not come by now is not waited for.
    pub(super) fn stop_waiting(&mut self) {
        for stream in self.streams.values_mut() {
            stream.settled = stream.links.keys().next_back().copied().unwrap_or(0).max(stream.settled);
        }
    }

    /// Where to show a message: where it came in the mailbox, but never across another of its stream.
    pub(super) fn order(&self, place: &Place) -> u64 {
        let Some(stream) = self.streams.get(&place.stream) else { return 0 };
        let shown = |(seq, link): (&u64, &Link)| (link.order > 0).then_some((*seq, link.order));
        let before = stream.links.range(..place.seq).rev().find_map(shown);
        let after = stream.links.range(place.seq.saturating_add(1)..).find_map(shown);
        let at = stream.links.get(&place.seq).map_or(0, |link| link.at);
        let order = at.saturating_mul(SPACING).saturating_add(SPACING / 2);
        match (before, after) {
            (_, Some((seq, after))) if order >= after => after.saturating_sub(seq.saturating_sub(place.seq)),
            (Some((seq, before)), _) if order <= before => before.saturating_add(place.seq.saturating_sub(seq)),
            _ => order,
        }
    }

    pub(super) fn shown(&mut self, place: &Place, order: u64) {
        let stream = self.streams.get_mut(&place.stream);
        if let Some(link) = stream.and_then(|stream| stream.links.get_mut(&place.seq)) {
            link.order = order;
        }
    }

    /// How many messages must exist that did not arrive: those before one that did, and those that others have seen.
    pub(super) fn missing(&self) -> u32 {
        let claimed = |id: &StreamId| {
            let claim = self.claims.iter().find(|claim| claim.stream == *id)?;
            let gone = self.abandoned.iter().any(|(_, abandoned)| *abandoned == claim.env_id);
            (!gone).then_some(claim.seq)
        };
        let mut count = 0_u64;
        for (id, stream) in self.streams.iter() {
            let head = stream.links.keys().next_back().copied().unwrap_or(0).max(claimed(id).unwrap_or(0));
            if head == stream.links.len() as u64 {
                // The usual case, and this is asked for every message that is shown.
                continue;
            }
            let empty = |seq: &u64| *seq > 0 && !stream.links.contains_key(seq);
            let before = stream.links.keys().filter_map(|seq| seq.checked_sub(1)).filter(empty);
            let gone = before.filter(|seq| stream.given_up(*seq, &self.abandoned)).count() as u64;
            count = count.saturating_add(head.saturating_sub(stream.links.len() as u64).saturating_sub(gone));
        }
        let unknown = self.claims.iter().map(|claim| &claim.stream).filter(|id| !self.streams.contains_key(id));
        count = unknown.filter_map(claimed).fold(count, u64::saturating_add);
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The newest place of every stream, with its writer and where in the mailbox it came.
    pub(super) fn heads(&self) -> impl Iterator<Item = (AccountId, Place, u64)> + '_ {
        self.streams.iter().filter_map(|(id, stream)| {
            let (seq, link) = stream.links.last_key_value()?;
            Some((stream.author, Place { stream: *id, seq: *seq, env_id: link.id }, link.at))
        })
    }
}

/// Keeps the highest place of each stream. True if there was none as high.
fn raise(claims: &mut Vec<Place>, place: Place, differ: &mut bool) -> bool {
    let full = claims.len() >= limits::HELD;
    match claims.iter_mut().find(|claim| claim.stream == place.stream) {
        Some(claim) if claim.seq == place.seq => *differ |= claim.env_id != place.env_id,
        Some(claim) if claim.seq < place.seq => {
            *claim = place;
            return true;
        }
        Some(_) => {}
        // Who names more streams than that counts for no more.
        None if full => {}
        None => {
            claims.push(place);
            return true;
        }
    }
    false
}

impl Stream {
    /// An empty place whose message was given up: the message after it names it.
    fn given_up(&self, seq: u64, abandoned: &[(AccountId, EnvId)]) -> bool {
        let after = seq.checked_add(1).and_then(|after| self.links.get(&after));
        after.and_then(|link| link.prev).is_some_and(|prev| abandoned.contains(&(self.author, prev)))
    }
}
