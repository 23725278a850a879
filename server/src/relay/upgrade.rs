use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State, WebSocketUpgrade},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use signet_shared::{
    AccountId,
    wire::{self, Refusal, close},
};

use super::{Context, run};
use crate::{
    app::App,
    http::{self, Client, Refused, SignedIn},
    listen::Connection,
    store::TokenHash,
};

/// The socket. A page cannot read the status of a refused upgrade, so that what it must act on (the session has ended, too
/// many connections) is told by closing an accepted one; the rest is refused before.
pub(crate) async fn socket(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refused> {
    let (mut parts, _) = request.into_parts();
    http::own_page(&app, &parts.headers, &parts.uri)?;
    let Ok(Client(address)) = Client::from_request_parts(&mut parts, &app).await;
    let who = match SignedIn::from_request_parts(&mut parts, &app).await {
        Ok(who) => Some((who.account, who.token)),
        Err(refused) if refused.refusal == Refusal::SignedOut => None,
        Err(refused) => return Err(refused),
    };
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &app).await;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([wire::PROTOCOL]),
        Err(_) => return Err(Refusal::Malformed.into()),
    };
    if upgrade.selected_protocol().is_none() {
        return Err(Refusal::Malformed.into());
    }
    let frame = usize::try_from(app.limits.frame_bytes).unwrap_or(usize::MAX);
    let queue = usize::try_from(app.limits.socket_queue_bytes).unwrap_or(usize::MAX);
    let upgrade = upgrade
        // The library's own 128 KiB a connection would be gigabytes for many idle ones.
        .read_buffer_size(4 * 1024)
        .write_buffer_size(16 * 1024)
        .max_write_buffer_size(queue.saturating_add(2 * frame).max(64 * 1024))
        .max_message_size(frame)
        .max_frame_size(frame);
    if let Some(connection) = parts.extensions.get::<Connection>() {
        connection.becomes_a_socket();
    }
    Ok(upgrade
        .on_upgrade(move |socket| async move {
            let (sink, stream) = socket.split();
            match join(&app, who, address).await {
                Ok(joined) => run(stream, sink, Context { app, line: joined.line.clone() }).await,
                Err(code) => refuse(sink, code).await,
            }
        })
        .into_response())
}

async fn join(
    app: &Arc<App>,
    who: Option<(AccountId, TokenHash)>,
    address: crate::config::Address,
) -> Result<super::hub::Joined, u16> {
    let (account, token) = who.ok_or(close::SESSION_ENDED)?;
    // Each new one may read a page of its backlog, and has a budget of its own for pings.
    app.rates.sockets.take(account, app.clock.now()).map_err(|_| close::TRY_LATER)?;
    let joined = app.hub.join(account, token, address)?;
    // Asked again now that an ending session would find this line: between the first answer and here it may have ended.
    match http::check_session(app, token).await {
        Ok(Some(_)) => Ok(joined),
        Ok(None) => Err(close::SESSION_ENDED),
        Err(_) => Err(close::TRY_LATER),
    }
}

async fn refuse<K>(mut sink: K, code: u16)
where
    K: futures_util::Sink<axum::extract::ws::Message> + Unpin,
{
    use axum::extract::ws::{CloseFrame, Message};
    use futures_util::SinkExt;
    sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.ok();
    sink.close().await.ok();
}
