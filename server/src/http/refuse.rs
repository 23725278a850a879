use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use signet_shared::{DecodeError, api::REFUSAL_HEADER, wire::Refusal};

use crate::store::StoreError;

/// The one way in which a request is refused: status, number, seconds to wait, and a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) refusal: Refusal,
    pub(crate) retry_after: Option<u64>,
}

impl Refused {
    pub(crate) fn too_many(retry_after: u64) -> Self {
        Self { refusal: Refusal::TooMany, retry_after: Some(retry_after) }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let retry_after = match refusal {
            Refusal::StoreUnavailable => Some(10),
            Refusal::TooMany => Some(60),
            _ => None,
        };
        Self { refusal, retry_after }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<DecodeError> for Refused {
    fn from(_: DecodeError) -> Self {
        Refusal::Malformed.into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, format!("{}\n", self.refusal)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        headers.insert(REFUSAL_HEADER, self.refusal.number().into());
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

pub(crate) async fn no_such_route() -> Refused {
    Refusal::NotFound.into()
}

pub(crate) async fn no_such_method() -> Response {
    let mut response = Refused::from(Refusal::NotFound).into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
