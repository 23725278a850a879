//! The line to the relay.

use std::{cell::RefCell, rc::Rc};

use js_sys::Uint8Array;
use signet_shared::wire;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use super::js;
use crate::machine::{SocketEffect, SocketInput};

/// RFC 6455, section 7.4.1: the line broke, or never stood.
const ABNORMAL: u16 = 1006;

pub(super) struct Socket {
    /// Told what happens on the line.
    tell: Rc<dyn Fn(SocketInput)>,
    line: RefCell<Option<Line>>,
}

/// An open line with its handlers, which die with it: a line that was let go tells nothing any more.
struct Line {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _frame: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Fails only on a line that is closed already.
        let _ = self.socket.close();
    }
}

impl Socket {
    pub(super) fn new(tell: impl Fn(SocketInput) + 'static) -> Self {
        Self { tell: Rc::new(tell), line: RefCell::new(None) }
    }

    pub(super) fn carry_out(&self, effect: SocketEffect) {
        match effect {
            SocketEffect::Open => {
                self.line.take();
                match Line::open(&self.tell) {
                    Ok(line) => {
                        self.line.replace(Some(line));
                    }
                    Err(_) => (self.tell)(SocketInput::Closed { code: ABNORMAL }),
                }
            }
            SocketEffect::Send(frame) => {
                if let Some(line) = &*self.line.borrow() {
                    // On a line that is closing a frame is dropped, as on one that breaks a moment later: the machine
                    // hears `Closed`, and sends again what was not acknowledged.
                    let _ = line.socket.send_with_js_u8_array(&Uint8Array::from(&frame[..]));
                }
            }
            SocketEffect::Close => {
                self.line.take();
            }
        }
    }
}

impl Line {
    fn open(tell: &Rc<dyn Fn(SocketInput)>) -> Result<Self, JsValue> {
        // `https://host` becomes `wss://host`.
        let url = format!("{}{}", js::scope().location().origin().replacen("http", "ws", 1), wire::PATH);
        let socket = WebSocket::new_with_str(&url, wire::PROTOCOL)?;
        socket.set_binary_type(BinaryType::Arraybuffer);

        let opened = {
            let tell = Rc::clone(tell);
            Closure::<dyn FnMut()>::new(move || tell(SocketInput::Opened))
        };
        let frame = {
            let tell = Rc::clone(tell);
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                // A text frame is none of the protocol's; as no bytes at all it cannot be read, and the machine closes.
                tell(SocketInput::Frame(js::bytes(&event.data()).unwrap_or_default()));
            })
        };
        let closed = {
            let tell = Rc::clone(tell);
            Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
                tell(SocketInput::Closed { code: event.code() });
            })
        };
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(frame.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self { socket, _opened: opened, _frame: frame, _closed: closed })
    }
}
