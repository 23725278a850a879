//! The few things asked of the browser. Used only in effects and handlers: at build time there is none.

use js_sys::{Array, Date};
use leptos::prelude::{document as leptos_document, request_animation_frame, window};
use signet_shared::ClientUuid;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::Blob;

pub(crate) fn document() -> web_sys::Document {
    leptos_document()
}

pub(crate) fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

pub(crate) fn hash() -> String {
    window().location().hash().unwrap_or_default()
}

pub(crate) fn set_address(address: &str, replace: bool) {
    let Ok(history) = window().history() else { return };
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(address))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(address))
    };
}

/// Where this site is, as `https://name`.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

pub(crate) fn print() {
    let _ = window().print();
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    Date::now() as u64
}

pub(crate) fn reload() {
    let _ = window().location().reload();
}

pub(crate) fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// Listens for as long as the page lives.
pub(crate) fn on_window(event: &str, then: impl FnMut() + 'static) {
    let then = Closure::<dyn FnMut()>::new(then);
    let _ = window().add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
    then.forget();
}

/// The browser asks whether to leave, reload or close the page while there is something to lose.
pub(crate) fn ask_before_leaving(would_lose: impl Fn() -> bool + 'static) {
    let then = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        if would_lose() {
            event.prevent_default();
        }
    });
    let _ = window().add_event_listener_with_callback("beforeunload", then.as_ref().unchecked_ref());
    then.forget();
}

/// Listens for as long as the page lives.
pub(crate) fn on_document(event: &str, then: impl FnMut() + 'static) {
    let then = Closure::<dyn FnMut()>::new(then);
    let _ = document().add_event_listener_with_callback(event, then.as_ref().unchecked_ref());
    then.forget();
}

/// Whenever somebody types, points or scrolls.
pub(crate) fn on_use(then: impl FnMut() + 'static) {
    let then = Closure::<dyn FnMut()>::new(then).into_js_value();
    for event in ["keydown", "pointerdown", "pointermove", "wheel"] {
        let _ = window().add_event_listener_with_callback(event, then.unchecked_ref());
    }
}

pub(crate) fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

pub(crate) fn by_id(id: &str) -> Option<web_sys::Element> {
    document().get_element_by_id(id)
}

pub(crate) fn focus(id: &str) {
    if let Some(element) = by_id(id).and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Once what follows the signals that were just set stands on the page.
pub(crate) fn soon(then: impl FnOnce() + 'static) {
    request_animation_frame(then);
}

/// Where a person who hears the page or walks it by keyboard begins to read.
pub(crate) fn focus_heading() {
    let heading =
        document().query_selector("h1").ok().flatten().and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(heading) = heading {
        let _ = heading.set_attribute("tabindex", "-1");
        let _ = heading.focus();
    }
}

/// A mouse or the like, which mostly means a keyboard that is not on the screen.
pub(crate) fn has_fine_pointer() -> bool {
    window().match_media("(pointer: fine)").ok().flatten().is_some_and(|query| query.matches())
}

pub(crate) fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    by_id(id)?.dyn_into().ok()
}

pub(crate) fn select(id: &str) -> Option<web_sys::HtmlSelectElement> {
    by_id(id)?.dyn_into().ok()
}

/// What stands in a line of input.
pub(crate) fn typed(id: &str) -> String {
    input(id).map(|input| input.value()).unwrap_or_default()
}

pub(crate) fn is_checked(id: &str) -> bool {
    input(id).is_some_and(|input| input.checked())
}

pub(crate) fn random_uuid() -> Option<ClientUuid> {
    random().map(ClientUuid)
}

pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// A name for something that the vault is asked for in steps.
pub(crate) fn random_run() -> Option<u64> {
    random_uuid()?.as_bytes().first_chunk().copied().map(u64::from_be_bytes)
}

pub(crate) async fn copy(text: &str) -> bool {
    let promise = window().navigator().clipboard().write_text(text);
    settle(promise).await
}

async fn settle(promise: js_sys::Promise) -> bool {
    wait(promise).await.is_some()
}

pub(crate) async fn wait(promise: js_sys::Promise) -> Option<JsValue> {
    outcome(promise).await.ok()
}

#[cfg(feature = "browser")]
pub(crate) async fn outcome(promise: js_sys::Promise) -> Result<JsValue, JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise).await
}

#[cfg(not(feature = "browser"))]
pub(crate) async fn outcome(_: js_sys::Promise) -> Result<JsValue, JsValue> {
    Err(JsValue::UNDEFINED)
}

/// Of texts, buffers and other blobs.
pub(crate) fn blob(parts: &Array) -> Option<Blob> {
    Blob::new_with_blob_sequence(parts).ok()
}

/// The bytes, or none where they cannot be read any more.
pub(crate) fn read(blob: Option<Blob>, then: impl FnOnce(Option<Vec<u8>>) + 'static) {
    leptos::task::spawn_local(async move {
        let read = match blob {
            Some(blob) => wait(blob.array_buffer()).await,
            None => None,
        };
        then(read.map(|buffer| js_sys::Uint8Array::new(&buffer).to_vec()));
    });
}

/// The page that opens a backup by itself, if it can be fetched.
pub(crate) fn fetch_reader(then: impl FnOnce(Option<String>) + 'static) {
    leptos::task::spawn_local(async move { then(reader().await) });
}

async fn reader() -> Option<String> {
    let root = document().document_element()?;
    let init = web_sys::RequestInit::new();
    let hash = root.get_attribute("data-reader-integrity")?;
    js_sys::Reflect::set(&init, &"integrity".into(), &hash.into()).ok()?;
    let answer = wait(window().fetch_with_str_and_init(&root.get_attribute("data-reader")?, &init)).await?;
    let answer: web_sys::Response = answer.dyn_into().ok().filter(web_sys::Response::ok)?;
    wait(answer.text().ok()?).await?.as_string()
}

/// As base64.
pub(crate) fn base64(bytes: &[u8]) -> Option<String> {
    let letters: String = bytes.iter().copied().map(char::from).collect();
    window().btoa(&letters).ok()
}

/// What stands in a field for a file.
pub(crate) fn chosen_file(id: &str) -> Option<Blob> {
    input(id)?.files()?.get(0).map(Into::into)
}

/// Saves a text as a file.
pub(crate) fn download(name: &str, text: &str) -> Option<()> {
    save(name, &blob(&Array::of1(&text.into()))?)
}

/// Saves a file, through the browser's own download.
pub(crate) fn save(name: &str, blob: &Blob) -> Option<()> {
    let url = web_sys::Url::create_object_url_with_blob(blob).ok()?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // A browser may take its time with a large one.
    leptos::prelude::set_timeout(
        move || drop(web_sys::Url::revoke_object_url(&url)),
        core::time::Duration::from_secs(60),
    );
    Some(())
}

/// What is kept in this browser for looks alone.
pub(crate) fn remembered(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

pub(crate) fn remember(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

/// What pages keep in this browser, looks included.
pub(crate) fn forget_everything() {
    for storage in [window().local_storage(), window().session_storage()] {
        if let Ok(Some(storage)) = storage {
            let _ = storage.clear();
        }
    }
}

/// `system`, `light` or `dark`.
pub(crate) fn set_theme(theme: &str) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        "light" | "dark" => root.set_attribute("data-theme", theme),
        _ => root.remove_attribute("data-theme"),
    };
}

pub(crate) fn clock(ms: u64) -> String {
    let options = object(&[("hour", "2-digit"), ("minute", "2-digit")]);
    date(ms).to_locale_time_string_with_options("default", &options).into()
}

pub(crate) fn day(ms: u64) -> String {
    let options = object(&[("weekday", "long"), ("day", "numeric"), ("month", "long"), ("year", "numeric")]);
    date(ms).to_locale_date_string("default", &options).into()
}

pub(crate) fn calendar(ms: u64) -> String {
    let options = object(&[("day", "numeric"), ("month", "long"), ("year", "numeric")]);
    date(ms).to_locale_date_string("default", &options).into()
}

/// As `2026-03-31`, by this clock's own zone.
pub(crate) fn iso_day(ms: u64) -> String {
    let local = date(ms);
    let two = |n: u32| [if n < 10 { "0" } else { "" }, &n.to_string()].concat();
    [local.get_full_year().to_string(), two(local.get_month() + 1), two(local.get_date())].join("-")
}

/// Day and time.
pub(crate) fn moment(ms: u64) -> String {
    [calendar(ms), clock(ms)].join(", ")
}

/// The time for today, the date for earlier days.
pub(crate) fn brief(ms: u64) -> String {
    if day_number(ms) == day_number(now()) {
        clock(ms)
    } else {
        date(ms).to_locale_date_string("default", &object(&[("day", "numeric"), ("month", "short")])).into()
    }
}

/// The same for two times on one local day.
pub(crate) fn day_number(ms: u64) -> i64 {
    let offset_ms = date(ms).get_timezone_offset() * 60_000.0;
    ((ms as f64 - offset_ms) / 86_400_000.0).floor() as i64
}

fn date(ms: u64) -> Date {
    Date::new(&JsValue::from_f64(ms as f64))
}

fn object(fields: &[(&str, &str)]) -> JsValue {
    let object = js_sys::Object::new();
    for (key, value) in fields {
        let _ = js_sys::Reflect::set(&object, &(*key).into(), &(*value).into());
    }
    object.into()
}
