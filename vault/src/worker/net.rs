//! One request to the relay over HTTP.

use js_sys::{Reflect, Uint8Array};
use signet_shared::api::REFUSAL_HEADER;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCache, RequestCredentials, RequestInit, RequestMode, Response};

use super::js;
use crate::machine::{HttpAnswer, NoAnswer};

const TIME_OUT_MS: u32 = 30_000;

/// `POST`, or `GET` without a body. The session's cookie goes along, and nothing is kept by the browser's cache.
pub(super) async fn call(path: &str, body: Option<&[u8]>) -> Result<HttpAnswer, NoAnswer> {
    // Whatever went wrong before an answer came, for the machine it is one and the same.
    exchange(path, body).await.map_err(|_| NoAnswer)
}

async fn exchange(path: &str, body: Option<&[u8]>) -> Result<HttpAnswer, JsValue> {
    let init = RequestInit::new();
    init.set_mode(RequestMode::SameOrigin);
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_cache(RequestCache::NoStore);
    Reflect::set(&init, &"signal".into(), &js::abort_after(TIME_OUT_MS)?)?;
    // The relay never sends anyone elsewhere; whoever does is not the relay.
    Reflect::set(&init, &"redirect".into(), &"error".into())?;
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("content-type", "application/octet-stream")?;
        init.set_headers(&headers);
        init.set_body(&Uint8Array::from(body));
    }
    init.set_method(if body.is_some() { "POST" } else { "GET" });

    let response = JsFuture::from(js::scope().fetch_with_str_and_init(path, &init)).await?;
    let response: Response = response.dyn_into()?;
    let headers = response.headers();
    let body = JsFuture::from(response.array_buffer()?).await?;
    Ok(HttpAnswer {
        status: response.status(),
        refusal: number(&headers, REFUSAL_HEADER),
        retry_after_s: number(&headers, "retry-after"),
        body: Uint8Array::new(&body).to_vec(),
    })
}

fn number<N: core::str::FromStr>(headers: &Headers, name: &str) -> Option<N> {
    headers.get(name).ok().flatten()?.trim().parse().ok()
}
