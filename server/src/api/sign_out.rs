use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
};

use crate::{
    app::App,
    http::{Brief, CLEAR, Empty, Refused, SignedIn},
};

/// Ends the session, its shares, and its sockets.
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Brief(Empty): Brief<Empty>,
) -> Result<[(HeaderName, HeaderValue); 1], Refused> {
    app.store.end(who.token).await?;
    app.hub.end(who.token);
    Ok([(header::SET_COOKIE, CLEAR)])
}
