//! Timers, and the event loop's turn.

use std::{cell::RefCell, rc::Rc};

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::js;
use crate::machine::Timer;
use crate::sorted::Map;

pub(super) struct Timers {
    tell: Rc<dyn Fn(Timer)>,
    running: Rc<RefCell<Map<Timer, i32>>>,
    turn: js::MessagePort,
}

impl Timers {
    pub(super) fn new(tell: impl Fn(Timer) + 'static, turned: impl Fn() + 'static) -> Self {
        let channel = js::MessageChannel::new();
        channel.port1().set_onmessage(&js::handler(move |_| turned()));
        Self { tell: Rc::new(tell), running: Rc::default(), turn: channel.port2() }
    }

    pub(super) fn start(&self, timer: Timer, after_ms: u64) {
        self.stop(timer);
        let (tell, running) = (Rc::clone(&self.tell), Rc::clone(&self.running));
        let ring: Function = wasm_bindgen::closure::Closure::once_into_js(move || {
            running.borrow_mut().remove(&timer);
            tell(timer);
        })
        .into();
        // Longer than a browser's timers go (24 days) no one waits here.
        let after = i32::try_from(after_ms).unwrap_or(i32::MAX);
        match js::scope().set_timeout_with_callback_and_timeout_and_arguments_0(&ring, after) {
            Ok(handle) => {
                self.running.borrow_mut().insert(timer, handle);
            }
            // No browser refuses a timer; if one did, early is better than never.
            Err(_) => (self.tell)(timer),
        }
    }

    pub(super) fn stop(&self, timer: Timer) {
        if let Some(handle) = self.running.borrow_mut().remove(&timer) {
            js::scope().clear_timeout_with_handle(handle);
        }
    }

    /// Tells `turned` after the events that wait now. Not by a timer: browsers slow repeated ones down to 4 ms each.
    pub(super) fn take_turn(&self) {
        self.turn.post_message(&JsValue::NULL);
    }
}
