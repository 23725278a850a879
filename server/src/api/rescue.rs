use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::{
    api::{self, Ended, LastStep},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::Refusal,
};

use super::{
    anew,
    keys::follows,
    secret::{Finishing, made_after},
    sessions::end_and_close,
};
use crate::{
    app::App,
    http::{Bulky, Refused, Reply, SignedIn, horizon},
    store::{Millis, NewKeys, PendingId, Rescue},
};

/// Replaces everything that opens the account, for a session that has tried the new ways in.
pub(crate) async fn rescue(
    State(app): State<Arc<App>>,
    Finishing(who): Finishing,
    request: Request,
) -> Result<Reply<Ended>, Refused> {
    let Bulky(rescue) = Bulky::<api::Rescue>::from_request(request, &app).await?;
    let login = rescue.password.login_id;
    // Done already, and the answer was lost.
    if let Some(replaced) = who.session.replaced
        && replaced.login == login
    {
        return Ok(Reply(Ended { ended: replaced.ended }));
    }
    if !who.is_fresh(&app) {
        return Err(Refusal::LoginTooOld.into());
    }

    let now = app.clock.now();
    let password = tried(&app, &who, SecretKind::Password, &rescue.password, now)?;
    let recovery = tried(&app, &who, SecretKind::RecoveryKey, &rescue.recovery, now)?;
    let next = SignedStatement::parse(&rescue.keys.statement)?.statement;
    follows(&app, &next, who.account).await?;
    let rescue = Rescue {
        token: who.token,
        password,
        recovery,
        made_after: made_after(&app, now),
        login,
        keys: NewKeys {
            expected: rescue.keys.expected,
            keystore: rescue.keys.keystore,
            seq: next.seq,
            statement: rescue.keys.statement,
        },
        expected: rescue.state.expected,
        state: rescue.state.state,
        alive: horizon(&app.limits, now),
    };
    let (hub, account) = (app.hub.clone(), who.account);
    let rescuing = async move {
        let ended = app.store.rescue(rescue).await?;
        // A request to start anew is refused with it.
        anew::tell(&app, account).await;
        Ok(ended)
    };
    let ended = end_and_close(hub, account, rescuing).await?;
    tracing::info!("account.rescued");
    Ok(Reply(Ended { ended: ended.count }))
}

/// What this session has signed in with, for a try. The login stays, so that the same again finds it.
fn tried(app: &App, who: &SignedIn, kind: SecretKind, last: &LastStep, now: Millis) -> Result<PendingId, Refused> {
    let failed = Refused::from(Refusal::LoginFailed);
    let mine = |tried: &crate::login::Tried| tried.token == who.token && tried.kind == kind;
    let tried = app.tries.look(&last.login_id, now).filter(mine).ok_or(failed)?;
    if app.opaque.finish(tried.state, tried.profile, &last.ke3).is_err() {
        app.tries.take(&last.login_id, now);
        return Err(failed);
    }
    Ok(tried.pending)
}
