//! Passkeys as browsers have them (WebAuthn, level 3). What counts is what one computes for this site and this purpose (the
//! extension `prf`): 32 bytes that the vault takes as a secret. The relay sees nothing of all this.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser;

/// What is computed over. Another one would be another secret.
const PURPOSE: &[u8] = b"Signet: opens the account, version 1";
const SIZE: usize = 32;

/// Which account and place a passkey was made for, and what it computes.
pub(crate) struct Computed {
    pub(crate) username: String,
    pub(crate) place: u8,
    pub(crate) value: [u8; SIZE],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// This browser or this passkey computes nothing.
    Unsupported,
    /// The person or the browser stopped it, or there is none.
    Stopped,
}

/// Lets the person choose one of this site's passkeys.
pub(crate) async fn compute() -> Result<Computed, Refused> {
    let found = call("get", &asked(None)?).await?;
    let handle = get(&found, "response").and_then(|answer| get(&answer, "userHandle")).ok_or(Refused::Unsupported)?;
    let handle = Uint8Array::new(&handle).to_vec();
    let (place, name) = handle.split_first().ok_or(Refused::Unsupported)?;
    let username = core::str::from_utf8(name).map_err(|_| Refused::Unsupported)?.to_owned();
    Ok(Computed { username, place: *place, value: output(&found).ok_or(Refused::Unsupported)? })
}

/// Makes one for a place of this account.
pub(crate) async fn make(username: String, place: u8) -> Result<[u8; SIZE], Refused> {
    let name = JsValue::from_str(&username);
    let handle = [&[place], username.to_ascii_lowercase().as_bytes()].concat();
    let kinds = Array::new();
    // Some of which every authenticator knows one. Nobody ever verifies a signature of theirs.
    for number in [-7, -257, -8] {
        kinds.push(&object(&[("type", "public-key".into()), ("alg", number.into())]));
    }
    let options = object(&[
        ("rp", object(&[("name", "Signet".into())])),
        ("user", object(&[("id", bytes(&handle)), ("name", name.clone()), ("displayName", name)])),
        ("challenge", challenge()?),
        ("pubKeyCredParams", kinds.into()),
        (
            "authenticatorSelection",
            object(&[
                ("residentKey", "required".into()),
                ("requireResidentKey", true.into()),
                ("userVerification", "required".into()),
            ]),
        ),
        ("attestation", "none".into()),
        ("extensions", purpose()),
    ]);
    let made = call("create", &options).await?;
    // Some compute at once, others only when they are used.
    if let Some(value) = output(&made) {
        return Ok(value);
    }
    let id = get(&made, "rawId").ok_or(Refused::Unsupported)?;
    let used = call("get", &asked(Some(id))?).await?;
    output(&used).ok_or(Refused::Unsupported)
}

fn asked(of: Option<JsValue>) -> Result<JsValue, Refused> {
    let allowed = Array::new();
    if let Some(id) = of {
        allowed.push(&object(&[("type", "public-key".into()), ("id", id)]));
    }
    Ok(object(&[
        ("challenge", challenge()?),
        ("allowCredentials", allowed.into()),
        ("userVerification", "required".into()),
        ("extensions", purpose()),
    ]))
}

fn purpose() -> JsValue {
    object(&[("prf", object(&[("eval", object(&[("first", bytes(PURPOSE))]))]))])
}

fn output(credential: &JsValue) -> Option<[u8; SIZE]> {
    let results: Function = get(credential, "getClientExtensionResults")?.dyn_into().ok()?;
    let results = results.call0(credential).ok()?;
    let first = get(&get(&get(&results, "prf")?, "results")?, "first")?;
    Uint8Array::new(&first).to_vec().try_into().ok()
}

async fn call(method: &str, options: &JsValue) -> Result<JsValue, Refused> {
    let credentials = get(&window().navigator(), "credentials").ok_or(Refused::Unsupported)?;
    let method: Option<Function> = get(&credentials, method).and_then(|method| method.dyn_into().ok());
    let method = method.ok_or(Refused::Unsupported)?;
    let options = object(&[("publicKey", options.clone())]);
    let promise = method.call1(&credentials, &options).map_err(|_| Refused::Unsupported)?;
    let promise: Promise = promise.dyn_into().map_err(|_| Refused::Unsupported)?;
    browser::wait(promise).await.filter(|found| !found.is_null()).ok_or(Refused::Stopped)
}

/// It goes nowhere.
fn challenge() -> Result<JsValue, Refused> {
    browser::random::<SIZE>().map(|random| bytes(&random)).ok_or(Refused::Unsupported)
}

fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
