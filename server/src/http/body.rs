use std::{sync::Arc, time::Duration};

use axum::{
    body::Body as HttpBody,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use signet_shared::{DecodeError, Reader, Writer, api::Body, limits, wire::Refusal};

use super::Refused;
use crate::app::App;

const OCTETS: &str = "application/octet-stream";

/// A body of the API, read and parsed. Whose requests are counted is counted before his body is read, which may be large
/// and slow: the handler takes it from the request itself.
pub(crate) struct Octets<T>(pub(crate) T);

impl<T: Body> FromRequest<Arc<App>> for Octets<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let most = usize::try_from(app.limits.body_bytes).unwrap_or(usize::MAX);
        Ok(Self(parse(request, app, most).await?))
    }
}

/// The same where a keystore comes beside the sealed state.
pub(crate) struct Bulky<T>(pub(crate) T);

impl<T: Body> FromRequest<Arc<App>> for Bulky<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        let most = usize::try_from(app.limits.body_bytes).unwrap_or(usize::MAX);
        Ok(Self(parse(request, app, most.saturating_add(limits::KEYSTORE + limits::STATEMENT)).await?))
    }
}

/// The same where everything that may stand in it is short: so that a stranger's requests take no memory to speak of.
pub(crate) struct Brief<T>(pub(crate) T);

const BRIEF: usize = 4 * 1024;

impl<T: Body> FromRequest<Arc<App>> for Brief<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refused> {
        Ok(Self(parse(request, app, BRIEF).await?))
    }
}

async fn parse<T: Body>(request: Request, app: &App, most: usize) -> Result<T, Refused> {
    let (parts, body) = request.into_parts();
    // Not one of the types that a form on somebody else's page could send without asking first.
    if parts.headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind != OCTETS) {
        return Err(Refusal::Malformed.into());
    }
    let time = Duration::from_secs(app.limits.body_seconds);
    let bytes = tokio::time::timeout(time, read(&parts.headers, body, most));
    let bytes = bytes.await.map_err(|_| Refused::from(Refusal::Malformed))??;
    Ok(T::parse(&bytes)?)
}

async fn read(headers: &HeaderMap, body: HttpBody, most: usize) -> Result<Vec<u8>, Refused> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<usize>().ok());
    // A little more is read and thrown away, so that the refusal reaches a client that is still sending.
    let drained = most.saturating_add(64 * 1024);
    if said.is_some_and(|said| said > drained) {
        return Err(Refusal::TooLarge.into());
    }
    let (mut bytes, mut seen) = (Vec::with_capacity(said.unwrap_or(0).min(most)), 0_usize);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Refused::from(Refusal::Malformed))?;
        seen = seen.saturating_add(chunk.len());
        if seen > drained {
            break;
        }
        if seen <= most {
            bytes.extend_from_slice(&chunk);
        }
    }
    if seen > most { Err(Refusal::TooLarge.into()) } else { Ok(bytes) }
}

/// An answer of the API.
pub(crate) struct Reply<T>(pub(crate) T);

impl<T: Body> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, OCTETS)], self.0.to_bytes()).into_response()
    }
}

/// A body with nothing in it.
pub(crate) struct Empty;

impl Body for Empty {
    fn write(&self, _: &mut Writer) {}
    fn read(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self)
    }
}
