//! A world of browsers around one relay: carries effects out at once, keeps each browser's database, and has a clock that
//! moves only when nothing else is to be done.

#![allow(dead_code, unreachable_pub, reason = "shared by test files, each of which uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a broken world fails the test")]

pub mod anew;
pub mod cast;
pub mod files;
pub mod owner;
pub mod puppet;
pub mod relay;
mod relay_anew;
mod relay_secrets;
pub mod secret_key;
pub mod slow;
pub mod traffic;

use std::collections::{BTreeMap, HashMap, VecDeque};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use signet_ask::{Ask, Event, MessageState, MessageView, Page, Status, TabShare, Trouble, decode};
use signet_ask::{Attach, ReadPage, Send, SignIn, SignUp, StartConversation};
use signet_shared::{ClientUuid, ConvId};
use signet_vault::machine::{
    AskId, CallId, Change, Effect, HttpAnswer, Input, Machine, NoAnswer, Row, SocketEffect, SocketInput, Table, Timer,
};

use relay::{ORIGIN, Relay};
use slow::Slow;
use traffic::Said;

pub const PASSWORD: &str = "correct horse battery";

pub struct Browser {
    machine: Machine<StdRng>,
    pub database: HashMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>,
    secret: [u8; 32],
    pub tab: Option<TabShare>,
    pub events: Vec<Event>,
    pub logs: Vec<&'static str>,
    answers: HashMap<u32, Vec<u8>>,
    pub timers: HashMap<Timer, u64>,
    inputs: VecDeque<Input>,
    next_ask: u32,
    pub storage_broken: bool,
    /// After so many transactions, one fails.
    pub fail_after: Option<usize>,
    /// Frames from the relay of this kind are lost.
    pub lose_acks: bool,
    /// After so many effects the tab dies: what comes after them is not done.
    pub die_after: Option<usize>,
    /// How often the machine has asked to go on at once, with something that takes long.
    pub steps: usize,
}

struct Held {
    id: usize,
    call: CallId,
    path: &'static str,
    result: Result<HttpAnswer, NoAnswer>,
}

pub struct World {
    pub relay: Relay,
    pub browsers: Vec<Browser>,
    pub now: u64,
    pub relay_up: bool,
    /// The next answer to each of these paths gets lost on its way.
    pub lose_answer: Vec<&'static str>,
    /// Requests to these paths are carried out, and not answered until they are let go or the relay is killed.
    pub hold: Vec<&'static str>,
    held: Vec<Held>,
    /// Everything that browsers said to the relay: which, and what.
    pub said: Vec<(usize, Said)>,
    /// Every choice of this world and of its machines comes from here.
    pub rng: StdRng,
    /// The line takes its time, and loses what is on it when it breaks.
    pub slow: Option<Slow>,
}

impl World {
    pub fn new() -> Self {
        Self::seeded(0)
    }

    pub fn seeded(seed: u64) -> Self {
        Self {
            relay: Relay::new(),
            browsers: Vec::new(),
            now: 1_800_000_000_000,
            relay_up: true,
            lose_answer: Vec::new(),
            hold: Vec::new(),
            held: Vec::new(),
            said: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
            slow: None,
        }
    }

    fn dice(&mut self) -> StdRng {
        StdRng::from_seed(self.rng.random())
    }

    pub fn browser(&mut self) -> usize {
        let id = self.empty_browser();
        self.start(id);
        id
    }

    fn empty_browser(&mut self) -> usize {
        let browser = Browser {
            machine: Machine::new(self.dice()),
            database: HashMap::new(),
            secret: self.rng.random(),
            tab: None,
            events: Vec::new(),
            logs: Vec::new(),
            answers: HashMap::new(),
            timers: HashMap::new(),
            inputs: VecDeque::new(),
            next_ask: 0,
            storage_broken: false,
            fail_after: None,
            lose_acks: false,
            die_after: None,
            steps: 0,
        };
        self.browsers.push(browser);
        self.browsers.len() - 1
    }

    fn start(&mut self, id: usize) {
        let browser = &mut self.browsers[id];
        let meta = rows(&browser.database, Table::Meta);
        let meta = if browser.storage_broken { Err("full".to_owned()) } else { Ok(meta) };
        browser.inputs.push_back(Input::Start { meta, origin: ORIGIN.into(), online: true });
        self.settle();
    }

    /// The page is loaded again: the machine is gone, database, session storage and cookie stay.
    pub fn reload(&mut self, id: usize) -> Status {
        self.restart(id);
        let share = self.browsers[id].tab;
        self.ask(id, Attach { share }).unwrap()
    }

    /// As [`Self::reload`], as far as the page has not asked anything yet.
    pub fn restart(&mut self, id: usize) {
        self.cut_line(id);
        if let Some(slow) = &mut self.slow {
            slow.forget_calls(id);
        }
        let machine = Machine::new(self.dice());
        let browser = &mut self.browsers[id];
        browser.machine = machine;
        browser.timers.clear();
        browser.inputs.clear();
        browser.events.clear();
        browser.answers.clear();
        browser.die_after = None;
        self.start(id);
    }

    pub fn reload_with(&mut self, id: usize, share: Option<TabShare>, check: impl FnOnce(Result<Status, Trouble>)) {
        self.cut_line(id);
        self.browsers[id].machine = Machine::new(self.dice());
        self.browsers[id].timers.clear();
        self.start(id);
        check(self.ask(id, Attach { share }));
    }

    /// The relay's end of the line; what is on it gets lost.
    fn cut_line(&mut self, id: usize) {
        self.relay.sockets.remove(&id);
        if let Some(slow) = &mut self.slow {
            slow.cut(id);
        }
    }

    pub fn ask<A: Ask>(&mut self, id: usize, question: A) -> Result<A::Answer, Trouble> {
        let ask = self.begin(id, question);
        self.settle();
        self.answer::<A>(id, ask).expect("no answer")
    }

    pub fn begin<A: Ask>(&mut self, id: usize, question: A) -> u32 {
        self.begin_in(id, 0, question)
    }

    /// In one of the browser's tabs.
    pub fn begin_in<A: Ask>(&mut self, id: usize, tab: u64, question: A) -> u32 {
        let browser = &mut self.browsers[id];
        browser.next_ask += 1;
        let ask = browser.next_ask;
        browser.inputs.push_back(Input::Ask { ask: AskId { tab, ask }, question: question.into() });
        ask
    }

    pub fn answer<A: Ask>(&mut self, id: usize, ask: u32) -> Option<Result<A::Answer, Trouble>> {
        self.browsers[id].answers.remove(&ask).map(|bytes| decode(&bytes).expect("unreadable answer"))
    }

    pub fn input(&mut self, id: usize, input: Input) {
        self.browsers[id].inputs.push_back(input);
        self.settle();
    }

    /// Everything that can happen without the clock moving.
    pub fn settle(&mut self) {
        let begun = self.said.len();
        loop {
            assert!(self.said.len() - begun < 10_000, "never at rest: {:?}", self.outline(0).last_chunk::<6>());
            let mut idle = true;
            for id in 0..self.browsers.len() {
                while let Some(input) = self.browsers[id].inputs.pop_front() {
                    idle = false;
                    self.step(id, input);
                }
            }
            for (id, code) in core::mem::take(&mut self.relay.closing) {
                idle = false;
                self.cut_line(id);
                self.browsers[id].inputs.push_back(Input::Socket(SocketInput::Closed { code }));
            }
            for (id, frame) in core::mem::take(&mut self.relay.outgoing) {
                if let Some(slow) = &mut self.slow {
                    if self.relay.sockets.contains_key(&id) {
                        slow.send_down(self.now, id, frame.to_bytes());
                    }
                    continue;
                }
                let browser = &mut self.browsers[id];
                let lost = browser.lose_acks && !matches!(frame, signet_shared::wire::ServerFrame::Subscribed { .. });
                if self.relay.sockets.contains_key(&id) && !lost {
                    idle = false;
                    browser.inputs.push_back(Input::Socket(SocketInput::Frame(frame.to_bytes())));
                }
            }
            if idle {
                return;
            }
        }
    }

    /// Lets the clock run, timer by timer.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        self.settle();
        loop {
            let due = self.browsers.iter().enumerate();
            let due = due.flat_map(|(id, browser)| browser.timers.iter().map(move |(timer, at)| (*at, id, *timer)));
            let first = due.filter(|(at, ..)| *at <= end).min_by_key(|(at, id, timer)| (*at, *id, *timer as u8));
            let line = self.slow.as_ref().and_then(Slow::next).filter(|at| *at <= end);
            if line.is_some_and(|line| first.is_none_or(|(at, ..)| line <= at)) {
                self.arrive();
                continue;
            }
            let Some((at, id, timer)) = first else { break };
            self.now = self.now.max(at);
            self.browsers[id].timers.remove(&timer);
            self.input(id, Input::Timer(timer));
        }
        self.now = end;
    }

    fn step(&mut self, id: usize, input: Input) {
        let effects = self.browsers[id].machine.handle(self.now, input);
        for effect in effects {
            let browser = &mut self.browsers[id];
            if browser.die_after == Some(0) {
                browser.inputs.clear();
                return;
            }
            browser.die_after = browser.die_after.map(|left| left - 1);
            self.overhear(id, &effect);
            let browser = &mut self.browsers[id];
            match effect {
                Effect::Answer { ask, result } => {
                    browser.answers.insert(ask.ask, result);
                }
                Effect::Event(event) => {
                    if let Event::KeepShare(share) = &event {
                        browser.tab = *share;
                    }
                    browser.events.push(event);
                }
                Effect::Http { call, path, body } if self.slow.is_some() => {
                    if let Some(slow) = &mut self.slow {
                        slow.request(self.now, id, call, path, body);
                    }
                }
                Effect::Http { call, path, body } => {
                    let mut result = if self.relay_up { Ok(self.relay.http(id, path, body)) } else { Err(NoAnswer) };
                    if self.hold.contains(&path) {
                        self.held.push(Held { id, call, path, result });
                        continue;
                    }
                    if let Some(at) = self.lose_answer.iter().position(|lost| *lost == path) {
                        self.lose_answer.remove(at);
                        result = Err(NoAnswer);
                    }
                    browser.inputs.push_back(Input::Http { call, result });
                }
                Effect::Socket(SocketEffect::Open) => {
                    if let Some(slow) = &mut self.slow {
                        slow.cut(id);
                    }
                    let input = match self.relay_up.then(|| self.relay.connect(id)) {
                        Some(true) => SocketInput::Opened,
                        Some(false) => SocketInput::Closed { code: 4001 },
                        None => SocketInput::Closed { code: 1006 },
                    };
                    browser.inputs.push_back(Input::Socket(input));
                }
                Effect::Socket(SocketEffect::Send(bytes)) => {
                    if let Some(slow) = &mut self.slow {
                        slow.send_up(self.now, id, bytes);
                    } else if self.relay_up && self.relay.sockets.contains_key(&id) {
                        self.relay.frame(id, &bytes);
                    }
                }
                Effect::Socket(SocketEffect::Close) => self.cut_line(id),
                Effect::Store(changes) => {
                    let failing = browser.fail_after == Some(0);
                    browser.fail_after = browser.fail_after.and_then(|left| left.checked_sub(1));
                    if browser.storage_broken || failing {
                        browser.inputs.push_front(Input::StorageFailed { reason: "full".into() });
                        return;
                    }
                    changes.into_iter().for_each(|change| apply(&mut browser.database, change));
                }
                Effect::Load { call, table } => {
                    if browser.storage_broken {
                        browser.inputs.push_front(Input::StorageFailed { reason: "full".into() });
                        return;
                    }
                    let rows = rows(&browser.database, table);
                    browser.inputs.push_back(Input::Loaded { call, rows });
                }
                Effect::BrowserShare { call, salt } => {
                    let share = core::array::from_fn(|at| salt[at] ^ browser.secret[at]);
                    browser.inputs.push_back(Input::BrowserShare { call, share });
                }
                Effect::Forget => {
                    if browser.storage_broken {
                        browser.inputs.push_front(Input::StorageFailed { reason: "full".into() });
                        return;
                    }
                    browser.database.clear();
                    browser.secret = self.rng.random();
                }
                Effect::Timer { timer, after_ms } => {
                    browser.timers.insert(timer, self.now + after_ms);
                }
                Effect::StopTimer(timer) => {
                    browser.timers.remove(&timer);
                }
                Effect::Continue => {
                    browser.steps += 1;
                    browser.inputs.push_back(Input::Continue);
                }
                Effect::Log(code) => browser.logs.push(code),
            }
        }
    }

    /// The relay is killed: every line breaks.
    pub fn kill_relay(&mut self) {
        self.relay_up = false;
        self.relay.outgoing.clear();
        for Held { id, call, .. } in core::mem::take(&mut self.held) {
            self.browsers[id].inputs.push_back(Input::Http { call, result: Err(NoAnswer) });
        }
        for id in core::mem::take(&mut self.relay.sockets).into_keys() {
            if let Some(slow) = &mut self.slow {
                slow.cut(id);
            }
            self.browsers[id].inputs.push_back(Input::Socket(SocketInput::Closed { code: 1006 }));
        }
        self.settle();
    }

    /// The first held answer of this path arrives, or this other one in its place.
    pub fn let_go(&mut self, path: &str, instead: Option<HttpAnswer>) {
        let at = self.held.iter().position(|held| held.path == path).expect("nothing is held");
        let Held { id, call, result, .. } = self.held.remove(at);
        let result = instead.map_or(result, Ok);
        self.input(id, Input::Http { call, result });
    }

    /// Whose answer is let go next.
    pub fn next_held(&self, path: &str) -> Option<usize> {
        self.held.iter().find(|held| held.path == path).map(|held| held.id)
    }

    pub fn break_line(&mut self, id: usize) {
        self.cut_line(id);
        self.input(id, Input::Socket(SocketInput::Closed { code: 1006 }));
    }

    pub fn sign_up(&mut self, name: &str) -> usize {
        let id = self.browser();
        let question = SignUp { username: name.into(), password: PASSWORD.into(), stay: false, ticket: None };
        self.ask(id, question).unwrap();
        id
    }

    pub fn sign_in(&mut self, name: &str) -> usize {
        let id = self.browser();
        self.ask(id, SignIn { username: name.into(), password: PASSWORD.into(), stay: false }).unwrap();
        id
    }

    pub fn talk(&mut self, id: usize, name: &str) -> ConvId {
        self.ask(id, StartConversation { username: name.into() }).unwrap()
    }

    pub fn send(&mut self, id: usize, conv: ConvId, text: &str) -> ClientUuid {
        let uuid = ClientUuid(self.rng.random());
        self.ask(id, Send { conv, uuid, text: text.into() }).unwrap();
        uuid
    }

    pub fn page(&mut self, id: usize, conv: ConvId) -> Page {
        self.ask(id, ReadPage { conv, before: None, limit: 1000 }).unwrap()
    }

    pub fn messages(&mut self, id: usize, conv: ConvId) -> Vec<MessageView> {
        self.page(id, conv).messages
    }

    pub fn texts(&mut self, id: usize, conv: ConvId) -> Vec<String> {
        self.messages(id, conv).iter().map(text).collect()
    }

    pub fn states(&mut self, id: usize, conv: ConvId) -> Vec<MessageState> {
        self.messages(id, conv).into_iter().map(|message| message.state).collect()
    }

    pub fn account(&mut self, name: &str) -> signet_shared::AccountId {
        self.relay.named(name).unwrap().0
    }

    /// The warnings above a conversation.
    pub fn warnings(&mut self, id: usize, conv: ConvId) -> Vec<signet_ask::Warning> {
        self.conversations(id).into_iter().find(|c| c.id == conv).map(|c| c.warnings).unwrap_or_default()
    }

    /// Goes away and comes back, with time for everything that follows.
    pub fn come_back(&mut self, id: usize) {
        self.break_line(id);
        self.pass(5000);
    }

    pub fn conversations(&mut self, id: usize) -> Vec<signet_ask::ConversationView> {
        self.ask(id, signet_ask::Conversations {}).unwrap()
    }
}

pub fn text(message: &MessageView) -> String {
    match &message.body {
        signet_ask::BodyView::Text(text) => text.clone(),
        signet_ask::BodyView::Deleted => "(deleted)".into(),
        signet_ask::BodyView::Unsupported => "(unsupported)".into(),
    }
}

fn rows(database: &HashMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>, table: Table) -> Vec<Row> {
    let rows = database.get(table.name()).into_iter().flatten();
    rows.map(|(key, value)| Row { key: key.clone(), value: value.clone() }).collect()
}

fn apply(database: &mut HashMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>, change: Change) {
    match change {
        Change::Put { table, row } => {
            database.entry(table.name()).or_default().insert(row.key, row.value);
        }
        Change::Delete { table, key } => {
            database.entry(table.name()).or_default().remove(&key);
        }
        Change::Clear { table } => {
            database.remove(table.name());
        }
    }
}
