use std::{cmp::Reverse, sync::Arc};

use axum::{
    extract::{FromRequest, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use signet_shared::{
    AccountId,
    api::{EndSessions, Ended, SessionInfo, Sessions},
    wire::Refusal,
};

use crate::{
    app::App,
    http::{Brief, CLEAR, Refused, Reply, SignedIn, horizon},
    relay::Hub,
    store::{EndedSessions, StoreError},
};

pub(crate) async fn list(State(app): State<Arc<App>>, who: SignedIn) -> Result<Reply<Sessions>, Refused> {
    let now = app.clock.now();
    app.rates.sessions.take(who.account, now).map_err(Refused::too_many)?;
    let mut sessions = app.store.sessions(who.account).await?;
    // Some whose time is over may not yet have been swept away.
    let alive = horizon(&app.limits, now);
    sessions.retain(|(_, session)| alive.is_behind(session));
    sessions.sort_by_key(|(_, session)| (Reverse(session.used), Reverse(session.created), session.handle));
    let sessions = sessions.into_iter().map(|(token, session)| SessionInfo {
        handle: session.handle,
        created: session.created,
        used: session.used,
        browser: session.browser,
        system: session.system,
        current: token == who.token,
    });
    Ok(Reply(Sessions { sessions: sessions.collect() }))
}

pub(crate) async fn end(State(app): State<Arc<App>>, who: SignedIn, request: Request) -> Result<Response, Refused> {
    let now = app.clock.now();
    app.rates.sessions.take(who.account, now).map_err(Refused::too_many)?;
    let Brief(end) = Brief::<EndSessions>::from_request(request, &app).await?;
    let (store, alive) = (app.store.clone(), horizon(&app.limits, now));
    let ended = async move { store.end_which(who.token, end.which, alive).await };
    let ended = end_and_close(app.hub.clone(), who.account, ended).await?;
    let mut response = Reply(Ended { ended: ended.count }).into_response();
    if ended.tokens.contains(&who.token) {
        response.headers_mut().insert(header::SET_COOKIE, CLEAR);
    }
    Ok(response)
}

/// Ends sessions and closes their sockets. Goes on when the asker goes away, so that no socket outlives its session.
pub(super) async fn end_and_close(
    hub: Arc<Hub>,
    account: AccountId,
    end: impl Future<Output = Result<EndedSessions, StoreError>> + Send + 'static,
) -> Result<EndedSessions, Refused> {
    let ending = tokio::spawn(async move {
        let ended = end.await?;
        hub.end_all(account, &ended.tokens);
        Ok(ended)
    });
    let ended: Result<EndedSessions, StoreError> = ending.await.map_err(|_| Refused::from(Refusal::Internal))?;
    Ok(ended?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use signet_shared::wire::close;
    use tokio::sync::oneshot;

    use super::*;
    use crate::config::{Address, Limits};

    #[tokio::test]
    async fn sockets_close_even_if_nobody_waits_for_the_answer() {
        const ANN: AccountId = AccountId([1; 16]);
        let hub = Hub::new(&Limits::default());
        let address = Address::from(std::net::IpAddr::from([127, 0, 0, 1]));
        let joined = |token| hub.join(ANN, [token; 32], address).ok().unwrap();
        let (ends, stays) = (joined(1), joined(2));
        let (commit, committed) = oneshot::channel::<()>();
        let asked = end_and_close(hub.clone(), ANN, async {
            committed.await.unwrap();
            Ok(EndedSessions { count: 1, tokens: vec![[1; 32]] })
        });
        // The request has come as far as the store when its connection breaks.
        assert!(asked.now_or_never().is_none());
        commit.send(()).unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(1), ends.line.outbox.closed()).await;
        assert_eq!(closed.expect("within a second"), close::SESSION_ENDED);
        assert!(stays.line.outbox.closed().now_or_never().is_none());
    }
}
