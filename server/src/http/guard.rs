//! Requests that change something, and the socket, are taken from our own page only.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use signet_shared::wire::Refusal;

use super::{Refused, headers::host_of};
use crate::{
    app::App,
    origin::{self, Origin},
};

/// For `POST`: what a browser says about where the request comes from must be us. A program that is no browser sends
/// neither header, and has no cookie that somebody else's page could use.
pub(crate) async fn own_page_or_no_browser(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match check(&app, request.headers(), request.uri()) {
        Ok(_) => next.run(request).await,
        Err(refusal) => Refused::from(refusal).into_response(),
    }
}

/// For the socket's upgrade, where a browser always names the origin: without one it is refused.
pub(crate) fn own_page(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    match check(app, headers, uri)? {
        Said::Ours => Ok(()),
        Said::Nothing => Err(Refusal::CrossSite),
    }
}

enum Said {
    Ours,
    Nothing,
}

fn check(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<Said, Refusal> {
    if headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin") {
        return Err(Refusal::CrossSite);
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(Said::Nothing) };
    if origins.next().is_some() {
        return Err(Refusal::CrossSite);
    }
    let origin = origin.to_str().map_err(|_| Refusal::CrossSite)?;
    if origin == app.origin.text() {
        return Ok(Said::Ours);
    }
    let host = host_of(headers.get(header::HOST), uri).ok_or(Refusal::CrossSite)?;
    if origin != Origin::new(app.tls, &host).text() {
        return Err(Refusal::CrossSite);
    }
    // Our own page, but under which name? The listener's own address is fine; a stranger's name that leads here is not.
    if origin::is_listener(&host, app.port) { Ok(Said::Ours) } else { Err(Refusal::WrongOrigin) }
}
