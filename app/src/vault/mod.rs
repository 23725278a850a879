//! The page's way to its vault: questions over `postMessage` to a worker, answers and events back. Nothing here could open
//! a message; the page has no key, and no code that could use one.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::{ArrayBuffer, Function, Promise, Uint8Array};
use signet_ask::{Attach, Event, FromVault, Question, TabShare, ToVault, Trouble, decode, encode};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, Storage, Worker, WorkerOptions, WorkerType};

use crate::browser;

/// Where a tab keeps its share of the local slot. It outlives a reload, not the tab.
const SHARE: &str = "signet.share";
/// When the tab was left, milliseconds since 1970.
const LEFT: &str = "signet.left";
/// Loading a page again takes less. A tab that comes back later was closed, even if its browser kept its storage.
const RELOAD_MS: u64 = 60_000;
/// Where `boot.js` leaves the address of the worker, which holds a hash of what is in it.
const WORKER: &str = "data-vault-worker";

#[derive(Clone)]
pub(crate) struct Vault {
    line: Rc<Line>,
}

struct Line {
    worker: RefCell<Option<Worker>>,
    on_event: Box<dyn Fn(Event)>,
    /// Counts up from 1: the worker keeps 0 for itself.
    last: Cell<u32>,
    /// This page's vault has worked, so that one that does not load now does so later.
    anew: Cell<bool>,
    /// Who waits for which answer.
    waiting: RefCell<Vec<(u32, Function)>>,
    /// Why there will be no answers any more.
    fault: RefCell<Option<String>>,
}

impl Vault {
    /// Starts this tab's worker. `on_event` is called for every event for as long as the page lives.
    pub(crate) fn connect(on_event: impl Fn(Event) + 'static) -> Self {
        let line = Rc::new(Line {
            worker: RefCell::default(),
            on_event: Box::new(on_event),
            last: Cell::new(0),
            anew: Cell::new(false),
            waiting: RefCell::default(),
            fault: RefCell::default(),
        });
        line.start();
        tell_of_network(&line);
        browser::on_window("pagehide", note_leaving);
        Self { line }
    }

    /// A new worker in the place of this one, with whose memory everything goes that it has opened.
    pub(crate) fn start_anew(&self) {
        self.line.anew.set(true);
        self.line.stop();
        self.line.start();
    }

    /// The answer, still encoded.
    pub(crate) async fn ask(&self, question: Question) -> Result<Vec<u8>, Trouble> {
        self.line.start_if_stopped();
        self.line.post(question).await.ok_or_else(|| self.line.trouble())
    }

    /// The first question of every page: opens the account from what this browser kept, if it can.
    pub(crate) fn first_question() -> Attach {
        Attach { share: kept_share() }
    }
}

impl Line {
    fn start(self: &Rc<Self>) {
        match start_worker() {
            Ok(worker) => {
                listen(&worker, self);
                self.worker.replace(Some(worker));
            }
            Err(error) => self.fail(words(&error)),
        }
    }

    /// The answer's bytes; `None` when the worker has failed.
    async fn post(&self, question: Question) -> Option<Vec<u8>> {
        let worker = self.worker.borrow().clone().filter(|_| self.fault.borrow().is_none())?;
        let ask_id = self.last.get().wrapping_add(1).max(1);
        self.last.set(ask_id);
        let answer = Promise::new(&mut |resolve, _| {
            self.waiting.borrow_mut().push((ask_id, resolve));
        });
        let message = Uint8Array::from(&encode(&ToVault { ask_id, question })[..]);
        if let Err(error) = worker.post_message(&message) {
            self.fail(words(&error));
        }
        let answer = JsFuture::from(answer).await.ok()?;
        answer.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
    }

    /// Returns an event, for the page.
    fn hear(&self, message: FromVault) -> Option<Event> {
        match message {
            FromVault::Answer { ask_id, result } => {
                if let Some(waiting) = self.take(ask_id) {
                    let _ = waiting.call1(&JsValue::NULL, &Uint8Array::from(&result[..]));
                }
                None
            }
            FromVault::Event(event) => Some(event),
        }
    }

    fn take(&self, ask_id: u32) -> Option<Function> {
        let mut waiting = self.waiting.borrow_mut();
        let at = waiting.iter().position(|(id, _)| *id == ask_id)?;
        Some(waiting.swap_remove(at).1)
    }

    /// Ends every question, and all to come, unless another worker may do better.
    fn fail(&self, code: String) {
        if self.anew.get() {
            return self.stop();
        }
        self.fault.borrow_mut().get_or_insert(code);
        self.end_waiting();
    }

    /// After locking, if the server was away.
    fn start_if_stopped(self: &Rc<Self>) {
        if self.worker.borrow().is_none() && self.fault.borrow().is_none() {
            self.start();
        }
    }

    fn stop(&self) {
        if let Some(worker) = self.worker.take() {
            worker.terminate();
        }
        self.end_waiting();
    }

    fn end_waiting(&self) {
        for (_, waiting) in self.waiting.take() {
            let _ = waiting.call0(&JsValue::NULL);
        }
    }

    fn trouble(&self) -> Trouble {
        match self.fault.borrow().clone() {
            Some(code) => Trouble::Fault { code },
            // A worker was stopped, or did not load.
            None => Trouble::Unreachable,
        }
    }
}

fn start_worker() -> Result<Worker, JsValue> {
    let root = leptos::prelude::document().document_element();
    let url = root.and_then(|root| root.get_attribute(WORKER)).ok_or("the page does not name the vault's worker")?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&url, &options)
}

fn listen(worker: &Worker, line: &Rc<Line>) {
    let hearing = Rc::clone(line);
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        // Bytes are the contract; a text is the worker's last word.
        let Ok(buffer) = data.dyn_into::<ArrayBuffer>() else {
            return hearing.fail(event.data().as_string().unwrap_or_else(|| "worker".to_owned()));
        };
        hearing.anew.set(false);
        let Some(message) = decode::<FromVault>(&Uint8Array::new(&buffer).to_vec()) else {
            return hearing.fail("message".to_owned());
        };
        if let Some(event) = hearing.hear(message) {
            // Before anything else: a share that is lost here costs its owner a password.
            if let Event::KeepShare(share) = &event {
                keep_share(*share);
            }
            (hearing.on_event)(event);
        }
    });
    worker.set_onmessage(Some(heard.into_js_value().unchecked_ref()));

    // The worker's file cannot be loaded, or it broke where it could not say so itself.
    let failing = Rc::clone(line);
    let failed = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| failing.fail(words(&event)));
    worker.set_onerror(Some(failed.into_js_value().unchecked_ref()));
}

/// Not every browser tells its workers when the network comes and goes.
fn tell_of_network(line: &Rc<Line>) {
    for (name, online) in [("online", true), ("offline", false)] {
        let line = Rc::clone(line);
        browser::on_window(name, move || {
            if let Some(worker) = &*line.worker.borrow() {
                let _ = worker.post_message(&online.into());
            }
        });
    }
}

fn session_storage() -> Option<Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}

fn note_leaving() {
    if let Some(storage) = session_storage() {
        let _ = storage.set_item(LEFT, &browser::now().to_string());
    }
}

fn kept_share() -> Option<TabShare> {
    let storage = session_storage()?;
    let left = storage.get_item(LEFT).ok()?.and_then(|left| left.parse().ok());
    if left.is_some_and(|left: u64| browser::now().saturating_sub(left) > RELOAD_MS) {
        keep_share(None);
        return None;
    }
    let text = storage.get_item(SHARE).ok()??;
    let digits = text.as_bytes();
    let mut share = [0; 32];
    if digits.len() != 2 * share.len() {
        return None;
    }
    for (byte, pair) in share.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            *byte = *byte << 4 | u8::try_from(char::from(*digit).to_digit(16)?).ok()?;
        }
    }
    Some(TabShare(share))
}

fn keep_share(share: Option<TabShare>) {
    let Some(storage) = session_storage() else { return };
    // A browser that refuses asks for the password after a reload, no more.
    let _ = match share {
        Some(TabShare(share)) => {
            let digits = share.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            let text: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
            storage.set_item(SHARE, &text)
        }
        None => storage.remove_item(SHARE),
    };
}

fn words(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| "worker".to_owned())
}
