//! The chains of a conversation: every message names its place in its writer's stream and the message before it. What is
//! missing, and who lies, shows here.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use signet_shared::{AccountId, EnvId, StreamId};

/// A place in a stream, and what is (or is claimed to be) there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) stream: StreamId,
    pub(super) seq: u64,
    pub(super) env_id: EnvId,
}

#[derive(Debug)]
struct Stream {
    author: AccountId,
    first_prev: EnvId,
    /// By counter: the message there, and the one it says was before it.
    places: BTreeMap<u64, (EnvId, EnvId)>,
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
    streams: BTreeMap<StreamId, Stream>,
    /// What others say was in a place.
    claims: Vec<Place>,
    /// Envelopes that their writers gave up: the gap they leave is none.
    abandoned: HashSet<EnvId>,
}

impl Streams {
    pub(super) fn place(&mut self, author: AccountId, first_prev: EnvId, at: Place, prev: EnvId) -> Placed {
        let stream =
            self.streams.entry(at.stream).or_insert_with(|| Stream { author, first_prev, places: BTreeMap::new() });
        if let Some((here, _)) = stream.places.get(&at.seq) {
            return if *here == at.env_id { Placed::Again } else { Placed::Equivocation };
        }
        let before = match at.seq.checked_sub(1) {
            Some(0) | None => Some(stream.first_prev),
            Some(seq) => stream.places.get(&seq).map(|(id, _)| *id),
        };
        let after = at.seq.checked_add(1).and_then(|seq| stream.places.get(&seq)).map(|(_, prev)| *prev);
        if stream.author != author || before.is_some_and(|id| id != prev) || after.is_some_and(|id| id != at.env_id) {
            return Placed::Equivocation;
        }
        stream.places.insert(at.seq, (at.env_id, prev));
        Placed::New
    }

    pub(super) fn claim(&mut self, places: impl IntoIterator<Item = Place>) {
        for place in places {
            if !self.claims.contains(&place) && !self.holds(&place) {
                self.claims.push(place);
            }
        }
    }

    pub(super) fn abandon(&mut self, id: EnvId) {
        self.abandoned.insert(id);
    }

    fn holds(&self, place: &Place) -> bool {
        self.at(place.stream, place.seq) == Some(place.env_id)
    }

    fn at(&self, stream: StreamId, seq: u64) -> Option<EnvId> {
        self.streams.get(&stream)?.places.get(&seq).map(|(id, _)| *id)
    }

    /// Somebody saw something else in a place that is filled here.
    pub(super) fn differ(&self) -> bool {
        self.claims.iter().any(|claim| self.at(claim.stream, claim.seq).is_some_and(|id| id != claim.env_id))
    }

    /// How many messages must exist that did not arrive.
    pub(super) fn missing(&self) -> u32 {
        let mut count = 0_u64;
        // The highest counter of each stream that is known to exist.
        let mut heads: BTreeMap<StreamId, u64> = BTreeMap::new();
        for (id, stream) in &self.streams {
            heads.insert(*id, stream.places.keys().next_back().copied().unwrap_or(0));
        }
        let given_up: BTreeSet<(StreamId, u64)> = self.given_up();
        for claim in self.claims.iter().filter(|claim| !self.abandoned.contains(&claim.env_id)) {
            let head = heads.entry(claim.stream).or_default();
            *head = claim.seq.max(*head);
        }
        for (id, head) in heads {
            let here = self.streams.get(&id).map_or(0, |stream| stream.places.len() as u64);
            let gone = given_up.iter().filter(|(stream, _)| *stream == id).count() as u64;
            count = count.saturating_add(head.saturating_sub(here).saturating_sub(gone));
        }
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The empty places whose message was given up: the message after it names it.
    fn given_up(&self) -> BTreeSet<(StreamId, u64)> {
        let mut out = BTreeSet::new();
        if self.abandoned.is_empty() {
            return out;
        }
        for (id, stream) in &self.streams {
            for (seq, (_, prev)) in &stream.places {
                let before = seq.saturating_sub(1);
                if before > 0 && !stream.places.contains_key(&before) && self.abandoned.contains(prev) {
                    out.insert((*id, before));
                }
            }
        }
        out
    }

    /// The newest place of every stream, with its writer.
    pub(super) fn heads(&self) -> impl Iterator<Item = (AccountId, Place)> + '_ {
        self.streams.iter().filter_map(|(id, stream)| {
            let (seq, (env_id, _)) = stream.places.last_key_value()?;
            Some((stream.author, Place { stream: *id, seq: *seq, env_id: *env_id }))
        })
    }
}
