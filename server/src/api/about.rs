use std::sync::Arc;

use axum::extract::State;
use signet_shared::api::About;

use crate::{app::App, http::Reply};

pub(crate) async fn about(State(app): State<Arc<App>>) -> Reply<About> {
    Reply(About { public_url: app.public_url.clone(), registration_open: app.registration_open })
}
