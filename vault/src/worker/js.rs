//! What `web-sys` lacks or guards behind its unstable features, and small conversions.

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, IdbTransaction};

#[wasm_bindgen]
extern "C" {
    pub(super) type LockManager;
    #[wasm_bindgen(method)]
    pub(super) fn request(this: &LockManager, name: &str, holder: &Function) -> Promise;

    /// `IDBDatabase`, for `transaction` with its options.
    pub(super) type Database;
    #[wasm_bindgen(method, catch)]
    pub(super) fn transaction(
        this: &Database,
        stores: &JsValue,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;

    pub(super) type MessageChannel;
    #[wasm_bindgen(constructor)]
    pub(super) fn new() -> MessageChannel;
    #[wasm_bindgen(method, getter)]
    pub(super) fn port1(this: &MessageChannel) -> MessagePort;
    #[wasm_bindgen(method, getter)]
    pub(super) fn port2(this: &MessageChannel) -> MessagePort;

    pub(super) type MessagePort;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_onmessage(this: &MessagePort, handler: &Function);
    #[wasm_bindgen(method, js_name = postMessage)]
    pub(super) fn post_message(this: &MessagePort, message: &JsValue);

    /// `AbortSignal.timeout`: ends a request, its body included, after so many milliseconds.
    #[wasm_bindgen(catch, js_namespace = AbortSignal, js_name = timeout)]
    pub(super) fn abort_after(ms: u32) -> Result<JsValue, JsValue>;
}

/// The worker's own global object.
pub(super) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

pub(super) fn locks() -> Result<LockManager, JsValue> {
    let locks = Reflect::get(&scope().navigator(), &"locks".into())?;
    if locks.is_undefined() { Err("this browser has no Web Locks".into()) } else { Ok(locks.unchecked_into()) }
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    // A double holds whole milliseconds exactly for the next 280 000 years; a clock before 1970 becomes 0.
    js_sys::Date::now() as u64
}

/// The bytes of an `ArrayBuffer` or a view on one; `None` for anything else.
pub(super) fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    if value.is_instance_of::<js_sys::ArrayBuffer>() || value.is_instance_of::<Uint8Array>() {
        Some(Uint8Array::new(value).to_vec())
    } else {
        None
    }
}

pub(super) fn buffer(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).buffer().into()
}

/// An error's own words.
pub(super) fn words(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message
        .or_else(|| error.as_string())
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "no reason given".to_owned())
}

/// A handler that stays for as long as the worker lives.
pub(super) fn handler(f: impl FnMut(JsValue) + 'static) -> Function {
    Closure::<dyn FnMut(JsValue)>::new(f).into_js_value().unchecked_into()
}
