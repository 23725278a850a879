use std::{sync::Arc, time::Duration};

use axum::extract::State;
use signet_shared::wire::Refusal;

use crate::{app::App, http::Refused};

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store can be read and written, now.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Refused> {
    match tokio::time::timeout(Duration::from_secs(5), app.store.check()).await {
        Ok(Ok(())) => Ok("ready\n"),
        Ok(Err(_)) | Err(_) => Err(Refusal::StoreUnavailable.into()),
    }
}
