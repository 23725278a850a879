//! A story: two or three people with several browsers each write to each other over a line that is slow and breaks,
//! through a relay that is honest and is restarted now and then, from tabs that die at any moment. Everything is decided
//! by a seed. In such a story there is no warning at any time, and in the end everything was shown everywhere, once, in
//! the order of writing.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a broken story fails its test")]

use std::{collections::BTreeMap, fmt};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use signet_ask::{
    Attach, BodyView, Event, MarkRead, MessageState, ReadPage, SaveDraft, Send, SignIn, Status, TabShare, Trouble,
};
use signet_shared::{ClientUuid, ConvId, Hash, wire::Refusal};
use signet_vault::machine::Input;

use crate::common::{PASSWORD, World, slow::Slow};

const NAMES: [&str; 3] = ["ann_a", "bob_b", "cy_c"];
const PAGE: u16 = 200;

/// What a story came to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub messages: usize,
    pub browsers: usize,
    /// Places on all screens in which a message was found in the end.
    pub shown: usize,
    pub faults: BTreeMap<&'static str, usize>,
    /// Envelopes and answers that reached the relay, receipts and repetitions among them.
    pub frames: usize,
    pub virtual_s: u64,
    /// Of everything that was ever said to the relay: the same seed gives the same.
    pub digest: [u8; 32],
}

struct Story {
    w: World,
    rng: StdRng,
    /// Whose each browser is.
    owner: Vec<usize>,
    /// The question with which a tab that has just started opens its account.
    opening: Vec<Option<Opening>>,
    offline: Vec<bool>,
    /// Between which two people; by their places in `NAMES`.
    convs: Vec<(usize, usize, ConvId)>,
    /// Of each browser and conversation, how much was written.
    written: BTreeMap<(usize, ConvId), usize>,
    relay_back_at: Option<u64>,
    /// What happened, when, to which browser: said when the story breaks.
    trail: Vec<(u64, usize, &'static str)>,
    told: Told,
}

enum Opening {
    Attach(u32),
    SignIn(u32),
}

/// Plays `messages` messages between `people` people with `browsers` browsers each.
pub(crate) fn play(seed: u64, messages: usize, people: usize, browsers: usize) -> Told {
    let mut story = Story::begin(seed, people, browsers);
    for _ in 0..messages {
        story.write();
        story.happen();
        let pause = story.pause();
        story.pass(pause);
    }
    story.end()
}

impl Story {
    fn begin(seed: u64, people: usize, browsers: usize) -> Self {
        let mut w = World::seeded(seed);
        let mut owner = Vec::new();
        for (person, name) in NAMES.iter().enumerate().take(people) {
            w.person(name);
            owner.push(person);
        }
        let mut convs = Vec::new();
        let pairs = [(0, 1), (0, 2), (1, 2)];
        for (one, other) in pairs.into_iter().filter(|(_, other)| *other < people) {
            convs.push((one, other, w.talk(one, NAMES[other])));
            w.talk(other, NAMES[one]);
        }
        w.pass(5000);
        for (person, name) in NAMES.iter().enumerate().take(people) {
            for _ in 1..browsers {
                w.sign_in(name);
                owner.push(person);
            }
        }
        w.pass(5000);
        w.said.clear();
        let n = owner.len();
        let line = StdRng::from_seed(w.rng.random());
        w.slow = Some(Slow::new(line, 60));
        let rng = StdRng::from_seed(w.rng.random());
        let told = Told { browsers: n, ..Told::default() };
        let opening = (0..n).map(|_| None).collect();
        let (offline, written) = (vec![false; n], BTreeMap::new());
        Self { w, rng, owner, opening, offline, convs, written, relay_back_at: None, trail: Vec::new(), told }
    }

    fn dice(&mut self, sides: usize) -> usize {
        self.rng.random_range(0..sides)
    }

    fn count(&mut self, id: usize, fault: &'static str) {
        *self.told.faults.entry(fault).or_default() += 1;
        self.trail.push((self.w.now, id, fault));
    }

    fn last(&self) -> &[(u64, usize, &'static str)] {
        &self.trail[self.trail.len().saturating_sub(12)..]
    }

    /// A message from any browser that is open, to anybody.
    fn write(&mut self) {
        let open: Vec<usize> = (0..self.owner.len()).filter(|id| self.opening[*id].is_none()).collect();
        let Some(id) = open.get(self.dice(open.len().max(1))).copied() else {
            // Everybody is just coming back.
            self.pass(1000);
            return self.write();
        };
        let me = self.owner[id];
        let mine: Vec<ConvId> = self.convs.iter().filter(|(a, b, _)| *a == me || *b == me).map(|c| c.2).collect();
        let conv = mine[self.dice(mine.len())];
        let count = self.written.get(&(id, conv)).copied().unwrap_or(0);
        let text = format!("{id} {count}");
        let uuid = ClientUuid(self.rng.random());
        let tab = self.rng.random_range(0..3);
        // A tab that died before it answered is opened again, and asks the same again.
        loop {
            let ask = self.w.begin_in(id, tab, Send { conv, uuid, text: text.clone() });
            self.w.settle();
            match self.w.answer::<Send>(id, ask) {
                Some(Ok(())) => break,
                None if self.w.browsers[id].die_after == Some(0) => {}
                other => panic!("a message was not accepted: {other:?}"),
            }
            self.look();
            while self.opening[id].is_some() {
                self.pass(500);
            }
        }
        *self.written.entry((id, conv)).or_default() += 1;
        self.told.messages += 1;
    }

    fn pause(&mut self) -> u64 {
        match self.dice(20) {
            0..8 => 0,
            8..15 => self.rng.random_range(1..200),
            15..19 => self.rng.random_range(200..3_000),
            _ => self.rng.random_range(3_000..40_000),
        }
    }

    /// Perhaps something happens.
    fn happen(&mut self) {
        let id = self.dice(self.owner.len());
        match self.dice(200) {
            0..4 => {
                self.count(id, "line broken");
                self.w.break_line(id);
            }
            4..8 => {
                self.count(id, "offline or online");
                self.offline[id] = !self.offline[id];
                self.w.input(id, Input::Online(!self.offline[id]));
            }
            8 if self.w.relay_up => {
                self.count(id, "relay restarted");
                self.w.kill_relay();
                self.relay_back_at = Some(self.w.now + self.rng.random_range(10..20_000));
            }
            9..12 => {
                self.count(id, "reload, or another tab takes over");
                self.reopen(id);
            }
            12..15 => {
                self.count(id, "tab died in the middle of something");
                self.w.browsers[id].die_after = Some(self.dice(12));
            }
            15..36 => self.read(id),
            36..40 => self.draft(id),
            40..46 => {
                // Of whatever comes next, perhaps the first of several that are on their way.
                let refusals = [Refusal::TooMany, Refusal::StoreUnavailable];
                self.w.relay.refuse_next = Some(refusals[self.dice(2)]);
                self.w.relay.retry_after_s = self.rng.random_range(0..15);
                self.count(id, "refused for the moment");
            }
            _ => {}
        }
    }

    fn reopen(&mut self, id: usize) {
        self.w.restart(id);
        self.w.input(id, Input::Online(!self.offline[id]));
        let share: Option<TabShare> = self.w.browsers[id].tab;
        self.opening[id] = Some(Opening::Attach(self.w.begin(id, Attach { share })));
        self.w.settle();
    }

    /// Everything on the screen has been seen.
    fn read(&mut self, id: usize) {
        if self.opening[id].is_some() || self.w.browsers[id].die_after.is_some() {
            return;
        }
        for (_, _, conv) in self.convs.clone() {
            if let Ok(page) = self.w.ask(id, ReadPage { conv, before: None, limit: 1 })
                && let Some(last) = page.messages.last()
            {
                self.w.ask(id, MarkRead { conv, id: last.id }).unwrap();
            }
        }
    }

    fn draft(&mut self, id: usize) {
        let me = self.owner[id];
        let conv = self.convs.iter().find(|(a, b, _)| *a == me || *b == me).map(|c| c.2);
        let open = self.opening[id].is_none() && self.w.browsers[id].die_after.is_none();
        if let Some(conv) = conv.filter(|_| open) {
            self.w.ask(id, SaveDraft { conv, text: "half a thought".into() }).unwrap();
        }
    }

    fn pass(&mut self, ms: u64) {
        let end = self.w.now + ms;
        loop {
            let step = (end - self.w.now).min(500);
            self.w.pass(step);
            self.look();
            if self.relay_back_at.is_some_and(|at| at <= self.w.now) {
                self.relay_back_at = None;
                self.w.relay_up = true;
            }
            if self.w.now >= end {
                return;
            }
        }
    }

    /// At what every page has been told since, and at tabs that died or wait to be opened.
    fn look(&mut self) {
        for id in 0..self.owner.len() {
            for event in core::mem::take(&mut self.w.browsers[id].events) {
                match event {
                    Event::Conversations(list) => {
                        let warned = list.iter().find(|conversation| !conversation.warnings.is_empty());
                        if let Some(conversation) = warned {
                            let (now, warnings) = (self.w.now, &conversation.warnings);
                            panic!("false alarm at {now}, browser {id}: {warnings:?}; before: {:?}", self.last());
                        }
                    }
                    Event::Messages { messages, .. } => {
                        let failed = messages.iter().find(|m| matches!(m.state, MessageState::Failed(_)));
                        assert!(failed.is_none(), "browser {id}: {failed:?}");
                    }
                    Event::SignedOutBecause(trouble) => panic!("browser {id}: {trouble:?}"),
                    _ => {}
                }
            }
            if self.w.browsers[id].die_after == Some(0) {
                self.reopen(id);
            }
            self.opened(id);
        }
    }

    fn opened(&mut self, id: usize) {
        let answer = match &self.opening[id] {
            None => return,
            Some(Opening::Attach(ask)) => self.w.answer::<Attach>(id, *ask),
            Some(Opening::SignIn(ask)) => self.w.answer::<SignIn>(id, *ask),
        };
        let next = match answer {
            None => return,
            Some(Ok(Status::SignedIn { .. })) => None,
            // The tab died between keeping its new way in and handing out the tab's share of it.
            Some(Ok(Status::SignedOut { username, .. })) => {
                self.count(id, "password asked for again");
                let username = username.unwrap_or_else(|| NAMES[self.owner[id]].to_owned());
                let question = SignIn { username, password: PASSWORD.into(), stay: false };
                Some(Opening::SignIn(self.w.begin(id, question)))
            }
            // The person tries again.
            Some(Err(Trouble::Unreachable)) => {
                let share = self.w.browsers[id].tab;
                Some(Opening::Attach(self.w.begin(id, Attach { share })))
            }
            Some(Err(trouble)) => panic!("browser {id} does not open: {trouble:?}"),
        };
        self.opening[id] = next;
        self.w.settle();
    }

    /// Everybody comes back, and everything has the time that it needs.
    fn end(mut self) -> Told {
        self.w.relay_up = true;
        self.relay_back_at = None;
        for id in 0..self.owner.len() {
            self.w.browsers[id].die_after = None;
            if self.offline[id] {
                self.offline[id] = false;
                self.w.input(id, Input::Online(true));
            }
        }
        self.pass(300_000);
        assert!(self.opening.iter().all(Option::is_none), "a browser does not open");
        for (one, other, conv) in self.convs.clone() {
            self.compare(one, other, conv);
        }
        let mut digest = Hash::new("story");
        for heard in &self.w.relay.heard {
            digest = digest.chain(heard);
        }
        self.told.frames = self.w.relay.heard.len();
        self.told.digest = digest.finish();
        self.told.virtual_s = (self.w.now - 1_800_000_000_000) / 1000;
        let lost = self.w.slow.as_ref().map_or(0, |slow| slow.lost);
        self.told.faults.insert("requests or answers lost", lost as usize);
        self.told
    }

    /// The same on every screen: everything, once, each browser's in the order in which it was written.
    fn compare(&mut self, one: usize, other: usize, conv: ConvId) {
        let mut first: Option<Vec<String>> = None;
        for id in 0..self.owner.len() {
            if self.owner[id] != one && self.owner[id] != other {
                continue;
            }
            let screen = self.screen(id, conv);
            self.told.shown += screen.len();
            let mut next: BTreeMap<usize, usize> = BTreeMap::new();
            for text in &screen {
                let (author, n) = text.split_once(' ').unwrap();
                let place = next.entry(author.parse().unwrap()).or_default();
                assert_eq!(n.parse(), Ok(*place), "browser {id} shows {text:?} out of order, twice, or after a gap");
                *place += 1;
            }
            let all: BTreeMap<usize, usize> =
                self.written.iter().filter(|((_, of), n)| *of == conv && **n > 0).map(|((a, _), n)| (*a, *n)).collect();
            assert_eq!(next, all, "browser {id} does not show everything");
            match &first {
                None => first = Some(screen),
                Some(first) => assert_eq!(*first, screen, "browser {id} shows another order"),
            }
        }
    }

    fn screen(&mut self, id: usize, conv: ConvId) -> Vec<String> {
        let (mut screen, mut before) = (Vec::new(), None);
        loop {
            let page = self.w.ask(id, ReadPage { conv, before, limit: PAGE }).unwrap();
            before = page.messages.first().map(|message| message.id);
            for message in page.messages.into_iter().rev() {
                let good =
                    matches!(message.state, MessageState::Received | MessageState::Delivered | MessageState::Read);
                assert!(good, "browser {id} shows {:?} as {:?}", message.id, message.state);
                let BodyView::Text(text) = message.body else { panic!("browser {id} cannot show a message") };
                screen.push(text);
            }
            if !page.more {
                screen.reverse();
                return screen;
            }
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, browsers, shown, frames, virtual_s, .. } = self;
        write!(
            f,
            "{messages} messages, {browsers} browsers, {shown} times shown, {frames} frames, {virtual_s} s of their time"
        )?;
        self.faults.iter().try_for_each(|(fault, n)| write!(f, "; {fault}: {n}"))
    }
}
