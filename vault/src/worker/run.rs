//! Feeds the machine and carries out what it wants, one effect after the other.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::{Rc, Weak},
};

use getrandom::SysRng;
use rand_core::UnwrapErr;
use signet_ask::Event;
use wasm_bindgen_futures::spawn_local;

use super::{db::Db, js, later, net, socket::Socket, timers::Timers};
use crate::machine::{AskId, Effect, Input, Machine, Table};

/// The browser's own randomness. A browser that cannot give any stops the worker: better no vault than a guessable one.
pub(super) type Rng = UnwrapErr<SysRng>;

/// What the machine says to pages.
pub(super) enum Said {
    Answer { ask: AskId, result: Vec<u8> },
    Event(Event),
}

pub(super) struct Runner {
    machine: RefCell<Machine<Rng>>,
    inputs: RefCell<VecDeque<Input>>,
    /// Inputs are being worked off: who adds one need not start that again.
    busy: Cell<bool>,
    db: Db,
    socket: Socket,
    timers: Timers,
    say: Box<dyn Fn(Said)>,
    own: Weak<Self>,
}

impl Runner {
    pub(super) fn start(say: impl Fn(Said) + 'static) -> Rc<Self> {
        let runner = Rc::new_cyclic(|own: &Weak<Self>| {
            let feed = |own: &Weak<Self>| {
                let own = own.clone();
                move |input| {
                    if let Some(runner) = own.upgrade() {
                        runner.feed(input);
                    }
                }
            };
            let (frames, ring, turned) = (feed(own), feed(own), feed(own));
            Self {
                machine: RefCell::new(Machine::with_later(UnwrapErr(SysRng), later::carry_out)),
                inputs: RefCell::default(),
                // Until `Start` is at the head of the queue.
                busy: Cell::new(true),
                db: Db::default(),
                socket: Socket::new(move |input| frames(Input::Socket(input))),
                timers: Timers::new(move |timer| ring(Input::Timer(timer)), move || turned(Input::Continue)),
                say: Box::new(say),
                own: own.clone(),
            }
        });
        runner.watch_network();
        let starting = Rc::clone(&runner);
        spawn_local(async move {
            starting.begin().await;
            starting.work().await;
        });
        runner
    }

    pub(super) fn feed(&self, input: Input) {
        if !input.is_for_later() {
            return self.take(input);
        }
        // The machine goes on meanwhile: a line that hangs must not keep it from locking.
        if let Some(runner) = self.own.upgrade() {
            spawn_local(async move {
                later::fetch().await;
                runner.take(input);
            });
        }
    }

    fn take(&self, input: Input) {
        self.inputs.borrow_mut().push_back(input);
        if self.busy.get() {
            return;
        }
        if let Some(runner) = self.own.upgrade() {
            self.busy.set(true);
            spawn_local(async move { runner.work().await });
        }
    }

    async fn begin(&self) {
        let scope = js::scope();
        let (origin, online) = (scope.location().origin(), scope.navigator().on_line());
        let meta = self.db.load(Table::Meta).await;
        self.inputs.borrow_mut().push_front(Input::Start { meta, origin, online });
    }

    async fn work(&self) {
        while let Some(input) = self.next() {
            let effects = self.machine.borrow_mut().handle(js::now_ms(), input);
            for effect in effects {
                if let Err(reason) = self.carry_out(effect).await {
                    // Before anything else that waits: the machine must not go on as if it had been kept.
                    self.inputs.borrow_mut().push_front(Input::StorageFailed { reason });
                    break;
                }
            }
        }
        self.busy.set(false);
    }

    fn next(&self) -> Option<Input> {
        self.inputs.borrow_mut().pop_front()
    }

    /// Storage is waited for here, in order; only the network's answers come in their own time.
    async fn carry_out(&self, effect: Effect) -> Result<(), String> {
        match effect {
            Effect::Answer { ask, result } => (self.say)(Said::Answer { ask, result }),
            Effect::Event(event) => (self.say)(Said::Event(event)),
            Effect::Http { call, path, body } => {
                let own = self.own.clone();
                spawn_local(async move {
                    let result = net::call(path, body.as_deref()).await;
                    if let Some(runner) = own.upgrade() {
                        runner.feed(Input::Http { call, result });
                    }
                });
            }
            Effect::Socket(effect) => self.socket.carry_out(effect),
            Effect::Store(changes) => self.db.store(&changes).await?,
            Effect::Load { call, table } => {
                let rows = self.db.load(table).await?;
                self.feed(Input::Loaded { call, rows });
            }
            Effect::BrowserShare { call, salt } => {
                let share = self.db.browser_share(&salt).await?;
                self.feed(Input::BrowserShare { call, share });
            }
            Effect::Forget => self.db.forget().await?,
            Effect::Timer { timer, after_ms } => self.timers.start(timer, after_ms),
            Effect::StopTimer(timer) => self.timers.stop(timer),
            Effect::Continue => self.timers.take_turn(),
            Effect::Log(code) => web_sys::console::info_2(&"vault:".into(), &code.into()),
        }
        Ok(())
    }

    fn watch_network(&self) {
        for (name, online) in [("online", true), ("offline", false)] {
            let own = self.own.clone();
            let handler = js::handler(move |_| {
                if let Some(runner) = own.upgrade() {
                    runner.feed(Input::Online(online));
                }
            });
            // Fails for no event of these names; without them the machine still notices by the line breaking.
            let _ = js::scope().add_event_listener_with_callback(name, &handler);
        }
    }
}
