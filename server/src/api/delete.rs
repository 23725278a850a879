use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
};

use super::{secret::Fresh, sessions::end_and_close};
use crate::{
    app::App,
    http::{Brief, CLEAR, Empty, Refused},
    store::EndedSessions,
};

/// Deletes the account of a session that a login has just opened, and ends all of its sessions.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Fresh(who): Fresh,
    Brief(Empty): Brief<Empty>,
) -> Result<[(HeaderName, HeaderValue); 1], Refused> {
    let mark = app.opaque.mark_of(&app.store.username(who.account).await?);
    let store = app.store.clone();
    let delete = async move {
        let tokens = store.delete(who.token, mark).await?;
        Ok(EndedSessions { count: 0, tokens })
    };
    end_and_close(app.hub.clone(), who.account, delete).await?;
    tracing::info!("account.deleted");
    Ok([(header::SET_COOKIE, CLEAR)])
}
