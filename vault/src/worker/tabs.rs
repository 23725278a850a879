//! One machine per browser, however many tabs. Every tab has a worker; the one that holds the lock leads and runs the
//! machine. A follower passes its page's questions to the leader over a channel that only this site's pages can join, and
//! the answers back. When the leader's tab closes, the browser hands the lock to the next worker, which starts a machine
//! of its own and announces itself; whatever was not answered is asked again, which no question minds.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Array, Promise};
use serde::{Deserialize, Serialize};
use signet_ask::{
    Attach, CONTRACT, Event, FromVault, Question, Status, TabShare, Ticket, ToVault, Trouble, decode, encode,
    encode_answer,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};
use zeroize::Zeroizing;

use super::{
    desk::Desk,
    js,
    run::{Runner, Said},
};
use crate::machine::AskId;
use crate::sorted::Map;

const LOCK: &str = "signet-vault";
const CHANNEL: &str = "signet";
/// The worker's own question at a takeover. Pages number theirs from 1.
const TAKEOVER: AskId = AskId { tab: OWN_PAGE, ask: 0 };
const OWN_PAGE: u64 = 0;
const TRY_AGAIN_MS: i32 = 3_000;
const LEADS: u8 = 1;
const FOLLOWS: u8 = 0;

/// What workers say to each other, after two bytes that every version of this site understands: the version of the
/// contract, and whether the speaker leads. Nothing after them means "I cannot read you".
#[derive(Serialize, Deserialize)]
enum Between {
    Ask {
        tab: u64,
        message: ToVault,
    },
    Answer {
        tab: u64,
        ask_id: u32,
        result: Vec<u8>,
    },
    /// For one tab, or for all.
    Event {
        tab: Option<u64>,
        heard: Heard,
    },
    NewLeader,
}

/// An event as the page is told it, already in its bytes: no worker reads what another one's machine has said, and reading
/// it would take some kilobytes of code.
#[derive(Serialize, Deserialize)]
struct Heard {
    /// What of it is the worker's own business.
    share: Option<Option<TabShare>>,
    told: Vec<u8>,
}

impl Heard {
    fn new(event: Event) -> Self {
        let share = if let Event::KeepShare(share) = &event { Some(*share) } else { None };
        Self { share, told: encode(&FromVault::Event(event)) }
    }
}

struct Tabs {
    /// This tab's name among the others: random, never [`OWN_PAGE`].
    tab: u64,
    channel: BroadcastChannel,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    unanswered: Map<u32, Zeroizing<Vec<u8>>>,
    /// The page has attached, so after a takeover this worker attaches in its stead.
    attached: bool,
    /// The newest share that the page brought or was given.
    share: Option<TabShare>,
    /// In the leader.
    desk: Option<Rc<Desk>>,
}

pub(super) fn start() -> Result<(), JsValue> {
    let tab = getrandom::u64().map_err(|_| JsValue::from("the browser gives no randomness"))?.max(OWN_PAGE + 1);
    let tabs = Rc::new(Tabs { tab, channel: BroadcastChannel::new(CHANNEL)?, state: RefCell::default() });

    let hearing = Rc::clone(&tabs);
    tabs.channel.set_onmessage(Some(&js::handler(move |event| hearing.others_say(&event.unchecked_into()))));
    let asked = Rc::clone(&tabs);
    js::scope().set_onmessage(Some(&js::handler(move |event| asked.page_says(&event.unchecked_into()))));

    let lock = js::locks()?;
    let holder = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |_| {
        Rc::clone(&tabs).lead();
        // A promise that never settles: the lock is held until this worker ends.
        Promise::new(&mut |_, _| {}).into()
    });
    let _ = lock.request(LOCK, holder.into_js_value().unchecked_ref());
    Ok(())
}

impl State {
    /// What a new leader is to be asked. The former one may have carried out any of it.
    fn ask_again(&self) -> Vec<(u32, Question)> {
        let again = |(ask, bytes): (&u32, &Zeroizing<Vec<u8>>)| {
            let mut question = decode::<Question>(bytes)?;
            if let Some(Some(ticket)) = question.ticket() {
                ticket.again = true;
            }
            Some((*ask, question))
        };
        self.unanswered.iter().filter_map(again).collect()
    }
}

impl Tabs {
    fn lead(self: Rc<Self>) {
        let saying = Rc::clone(&self);
        let desk = Rc::new(Desk::new(Runner::start(move |said| saying.said(said))));
        let unanswered = {
            let mut state = self.state.borrow_mut();
            state.desk = Some(Rc::clone(&desk));
            state.ask_again()
        };
        // A page that is still attaching opens the account itself.
        if !unanswered.iter().any(|(_, question)| matches!(question, Question::Attach(_))) {
            self.take_over();
        }
        for (ask, question) in unanswered {
            desk.ask(AskId { tab: OWN_PAGE, ask }, question);
        }
        // After our own, so that the account is opened with a share before a tab without one asks.
        self.tell_others(&Between::NewLeader);
    }

    /// Opens the account in the page's stead: it attached long ago, at a leader that is gone.
    fn take_over(&self) {
        let (desk, share) = {
            let state = self.state.borrow();
            (state.desk.clone().filter(|_| state.attached), state.share)
        };
        if let Some(desk) = desk {
            desk.ask(TAKEOVER, Attach { share }.into());
        }
    }

    fn page_says(&self, event: &MessageEvent) {
        if let Some(online) = event.data().as_bool() {
            if let Some(desk) = self.state.borrow().desk.clone() {
                desk.online(online);
            }
            return;
        }
        let Some(mut message) = js::bytes(&event.data()).and_then(|bytes| decode::<ToVault>(&bytes)) else {
            return web_sys::console::error_1(&"vault: a message of the page cannot be read".into());
        };
        let desk = {
            let mut state = self.state.borrow_mut();
            if let Question::Attach(attach) = &mut message.question {
                state.attached = true;
                state.share = attach.share.or(state.share);
                attach.share = state.share;
            }
            if let Some(ticket) = message.question.ticket() {
                let mut recovery = [0; 32];
                // Without randomness of its own the machine stops, too.
                if getrandom::fill(&mut recovery).is_ok() {
                    *ticket = Some(Ticket { recovery, again: false });
                }
            }
            state.unanswered.insert(message.ask_id, Zeroizing::new(encode(&message.question)));
            state.desk.clone()
        };
        match desk {
            Some(desk) => desk.ask(AskId { tab: OWN_PAGE, ask: message.ask_id }, message.question),
            // Should nobody lead yet, this is lost, and asked again when somebody does.
            None => self.tell_others(&Between::Ask { tab: self.tab, message }),
        }
    }

    fn others_say(&self, event: &MessageEvent) {
        let Some(bytes) = js::bytes(&event.data()) else { return };
        let Some((&[version, role], message)) = bytes.split_first_chunk::<2>() else { return };
        let desk = self.state.borrow().desk.clone();
        if version != CONTRACT {
            return self.other_version(desk.is_some(), role);
        }
        let Some(between) = decode::<Between>(message) else { return };
        match (desk, between) {
            (Some(desk), Between::Ask { tab, message }) => {
                desk.ask(AskId { tab, ask: message.ask_id }, message.question);
            }
            (None, Between::Answer { tab, ask_id, result }) if tab == self.tab => self.answer_page(ask_id, result),
            (None, Between::Event { tab, heard }) if tab.is_none_or(|tab| tab == self.tab) => self.show_page(&heard),
            (None, Between::NewLeader) => {
                let unanswered = self.state.borrow().ask_again();
                for (ask_id, question) in unanswered {
                    self.tell_others(&Between::Ask { tab: self.tab, message: ToVault { ask_id, question } });
                }
            }
            // Meant for another tab, or a former leader's last words.
            _ => {}
        }
    }

    /// A tab that is still open after an update of the site, or that came after it.
    fn other_version(&self, leading: bool, role: u8) {
        match (leading, role) {
            (true, FOLLOWS) => self.post(&[CONTRACT, LEADS]),
            // Nothing that this page asks will be answered.
            (false, LEADS) => {
                let result = encode_answer::<Attach>(&Err(Trouble::OtherVersion));
                let unanswered: Vec<u32> = self.state.borrow().unanswered.keys().copied().collect();
                for ask_id in unanswered {
                    self.answer_page(ask_id, result.clone());
                }
            }
            _ => {}
        }
    }

    /// What this worker's own machine says.
    fn said(self: &Rc<Self>, said: Said) {
        let Some(desk) = self.state.borrow().desk.clone() else { return };
        match said {
            Said::Event(event) => {
                desk.note(&event);
                self.say_everywhere(event);
            }
            Said::Answer { ask, result } => {
                let missed = desk.answered(ask);
                if ask == TAKEOVER {
                    self.taken_over(&result);
                } else if ask.tab == OWN_PAGE {
                    self.answer_page(ask.ask, result);
                } else {
                    for event in missed {
                        self.tell_others(&Between::Event { tab: Some(ask.tab), heard: Heard::new(event) });
                    }
                    self.tell_others(&Between::Answer { tab: ask.tab, ask_id: ask.ask, result });
                }
            }
        }
    }

    /// No page asked, but all want to know.
    fn taken_over(self: &Rc<Self>, result: &[u8]) {
        match decode::<Result<Status, Trouble>>(result) {
            Some(Ok(status)) => self.say_everywhere(Event::Status(status)),
            Some(Err(
                Trouble::Unreachable | Trouble::RelayStore | Trouble::RelayNonsense | Trouble::TooMany { .. },
            )) => {
                let again = Rc::clone(self);
                let again = Closure::once_into_js(move || again.take_over());
                // Fails in no browser; the next question then hears that nobody is signed in.
                let _ = js::scope()
                    .set_timeout_with_callback_and_timeout_and_arguments_0(again.unchecked_ref(), TRY_AGAIN_MS);
            }
            Some(Err(trouble)) => {
                self.say_everywhere(Event::SignedOutBecause(trouble));
                self.say_everywhere(Event::Status(Status::NOBODY));
            }
            None => {}
        }
    }

    fn say_everywhere(&self, event: Event) {
        let heard = Heard::new(event);
        self.show_page(&heard);
        self.tell_others(&Between::Event { tab: None, heard });
    }

    fn show_page(&self, heard: &Heard) {
        if let Some(share) = heard.share {
            self.state.borrow_mut().share = share;
        }
        post_to_page(&heard.told);
    }

    fn answer_page(&self, ask_id: u32, result: Vec<u8>) {
        if self.state.borrow_mut().unanswered.remove(&ask_id).is_some() {
            tell_page(&FromVault::Answer { ask_id, result });
        }
    }

    fn tell_others(&self, between: &Between) {
        let role = if self.state.borrow().desk.is_some() { LEADS } else { FOLLOWS };
        self.post(&[&[CONTRACT, role], encode(between).as_slice()].concat());
    }

    fn post(&self, bytes: &[u8]) {
        // Fails only when the channel is closed, which ends with the worker.
        let _ = self.channel.post_message(&js::buffer(bytes));
    }
}

fn tell_page(message: &FromVault) {
    post_to_page(&encode(message));
}

fn post_to_page(message: &[u8]) {
    let buffer = js::buffer(message);
    // Moved, not copied. Fails only when the page is gone.
    let _ = js::scope().post_message_with_transfer(&buffer, &Array::of1(&buffer));
}
