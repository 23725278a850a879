//! A line that takes its time. Frames keep their order on each connection and are lost with it; requests and answers
//! overtake each other, and now and then one gets lost: the browser then knows only that no answer came.

use std::collections::BTreeMap;

use rand::{RngExt, rngs::StdRng};
use signet_vault::machine::{CallId, HttpAnswer, Input, NoAnswer, SocketInput};

use super::World;

/// The longest that anything is on its way.
const LONGEST_MS: u64 = 250;
/// So long a browser waits for an answer that does not come.
const TIME_OUT_MS: u64 = 10_000;

pub struct Slow {
    rng: StdRng,
    /// By when it arrives, and what left first.
    under_way: BTreeMap<(u64, u64), Thing>,
    count: u64,
    /// When the last frame of each connection arrives: to the relay, from it.
    last: BTreeMap<(usize, bool), u64>,
    /// One request or answer in so many gets lost.
    pub lose_one_in: u32,
    pub lost: u32,
}

enum Thing {
    ToRelay { id: usize, bytes: Vec<u8> },
    FromRelay { id: usize, bytes: Vec<u8> },
    Request { id: usize, call: CallId, path: &'static str, body: Option<Vec<u8>> },
    Answer { id: usize, call: CallId, result: Result<HttpAnswer, NoAnswer> },
}

impl Slow {
    pub fn new(rng: StdRng, lose_one_in: u32) -> Self {
        let (under_way, last) = (BTreeMap::new(), BTreeMap::new());
        Self { rng, under_way, count: 0, last, lose_one_in, lost: 0 }
    }

    pub(super) fn next(&self) -> Option<u64> {
        self.under_way.keys().next().map(|(at, _)| *at)
    }

    fn put(&mut self, at: u64, thing: Thing) {
        self.count += 1;
        self.under_way.insert((at, self.count), thing);
    }

    /// Never before what was sent before it.
    fn frame_at(&mut self, now: u64, id: usize, up: bool) -> u64 {
        let at = now + self.rng.random_range(1..=LONGEST_MS);
        let last = self.last.entry((id, up)).or_default();
        *last = at.max(*last);
        *last
    }

    pub(super) fn send_up(&mut self, now: u64, id: usize, bytes: Vec<u8>) {
        let at = self.frame_at(now, id, true);
        self.put(at, Thing::ToRelay { id, bytes });
    }

    pub(super) fn send_down(&mut self, now: u64, id: usize, bytes: Vec<u8>) {
        let at = self.frame_at(now, id, false);
        self.put(at, Thing::FromRelay { id, bytes });
    }

    pub(super) fn request(&mut self, now: u64, id: usize, call: CallId, path: &'static str, body: Option<Vec<u8>>) {
        if self.gets_lost() {
            return self.put(now + TIME_OUT_MS, Thing::Answer { id, call, result: Err(NoAnswer) });
        }
        let at = now + self.rng.random_range(1..=LONGEST_MS);
        self.put(at, Thing::Request { id, call, path, body });
    }

    fn answer(&mut self, now: u64, id: usize, call: CallId, result: Result<HttpAnswer, NoAnswer>) {
        if self.gets_lost() {
            return self.put(now + TIME_OUT_MS, Thing::Answer { id, call, result: Err(NoAnswer) });
        }
        let at = now + self.rng.random_range(1..=LONGEST_MS);
        self.put(at, Thing::Answer { id, call, result });
    }

    fn gets_lost(&mut self) -> bool {
        let lost = self.lose_one_in > 0 && self.rng.random_range(0..self.lose_one_in) == 0;
        self.lost += u32::from(lost);
        lost
    }

    /// A connection ends: what is on it gets lost.
    pub(super) fn cut(&mut self, id: usize) {
        self.under_way.retain(|_, thing| match thing {
            Thing::ToRelay { id: of, .. } | Thing::FromRelay { id: of, .. } => *of != id,
            Thing::Request { .. } | Thing::Answer { .. } => true,
        });
        self.last.remove(&(id, true));
        self.last.remove(&(id, false));
    }

    /// Nobody is there any more to take the answers. What was asked may still reach the relay.
    pub(super) fn forget_calls(&mut self, id: usize) {
        self.under_way.retain(|_, thing| !matches!(thing, Thing::Answer { id: of, .. } if *of == id));
        for thing in self.under_way.values_mut() {
            if let Thing::Request { id: of, call, .. } = thing
                && *of == id
            {
                *call = CallId(u32::MAX);
            }
        }
    }
}

impl World {
    /// The next thing on the line arrives.
    pub(super) fn arrive(&mut self) {
        let Some(slow) = &mut self.slow else { return };
        let Some(((at, _), thing)) = slow.under_way.pop_first() else { return };
        self.now = self.now.max(at);
        match thing {
            Thing::ToRelay { id, bytes } => {
                if self.relay_up && self.relay.sockets.contains_key(&id) {
                    self.relay.frame(id, &bytes);
                }
            }
            Thing::FromRelay { id, bytes } => {
                self.browsers[id].inputs.push_back(Input::Socket(SocketInput::Frame(bytes)));
            }
            Thing::Request { id, call, path, body } => {
                let result = if self.relay_up { Ok(self.relay.http(id, path, body)) } else { Err(NoAnswer) };
                if let Some(slow) = self.slow.as_mut().filter(|_| call != CallId(u32::MAX)) {
                    slow.answer(self.now, id, call, result);
                }
            }
            Thing::Answer { id, call, result } => self.browsers[id].inputs.push_back(Input::Http { call, result }),
        }
        self.settle();
    }
}
