use std::{any::Any, time::Instant};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use signet_shared::{api::REFUSAL_HEADER, wire::Refusal};

use super::Refused;

/// One line for each request: the route, never the path that was typed, no query, no address, no name.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let status = response.status().as_u16();
    let refusal = response.headers().get(REFUSAL_HEADER).and_then(|n| n.to_str().ok()).unwrap_or_default();
    let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    if response.status().is_server_error() {
        tracing::warn!(%method, route, status, refusal, micros, "request");
    } else {
        tracing::debug!(%method, route, status, refusal, micros, "request");
    }
    response
}

pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("request.panicked");
    Refused::from(Refusal::Internal).into_response()
}
