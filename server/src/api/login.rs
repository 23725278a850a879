use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use signet_shared::{
    AccountId,
    api::{LoginFinish, LoginStart, LoginStarted},
    opaque::{KdfProfile, SecretKind},
    wire::Refusal,
};

use super::account;
use crate::{
    app::App,
    http::{Brief, Client, Refused, Reply, Token, set_cookie},
    login::Begun,
};

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<LoginStarted>, Refused> {
    let now = app.clock.now();
    app.rates.login_address.take(address, now).map_err(Refused::too_many)?;
    let Brief(start) = Brief::<LoginStart>::from_request(request, &app).await?;
    let username = start.username.canonical();
    // Counted by name whether or not anybody has it, so that the count tells nothing.
    app.rates.login_minute.take(username.clone(), now).map_err(Refused::too_many)?;
    app.rates.login_day.take(username.clone(), now).map_err(Refused::too_many)?;

    let credential = app.store.credential(&username, start.kind).await?;
    let profile = match &credential {
        Some(credential) => KdfProfile::from_number(credential.profile).ok_or(Refused::from(Refusal::Internal))?,
        None => KdfProfile::NEWEST,
    };
    let record = credential.as_ref().map(|credential| credential.record.as_slice());
    let (state, ke2) = app.opaque.login(start.kind, &username, profile, record, &start.ke1)?;
    let account = credential.map(|credential| credential.account);
    let begun = Begun { account, kind: start.kind, profile, state, at: now };
    let login_id = app.logins.begin(begun);
    Ok(Reply(LoginStarted { login_id, profile: profile.number(), ke2 }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    instead: Option<Token>,
    Brief(finish): Brief<LoginFinish>,
) -> Result<Response, Refused> {
    let failed = Refused::from(Refusal::LoginFailed);
    let begun = app.logins.take(&finish.login_id, app.clock.now()).ok_or(failed)?;
    app.opaque.finish(begun.state, begun.profile, &finish.ke3).map_err(|_| failed)?;
    signed_in(&app, begun.account.ok_or(failed)?, begun.kind, instead).await
}

/// A new session in place of the one that the browser had: no token outlives a login.
pub(super) async fn signed_in(
    app: &App,
    account: AccountId,
    kind: SecretKind,
    instead: Option<Token>,
) -> Result<Response, Refused> {
    let token = Token::make();
    let old = instead.map(|old| old.hash());
    app.store.open(token.hash(), account, app.clock.now(), old).await?;
    if let Some(old) = old {
        app.hub.end(old);
    }
    let vault = account::open(app, account, kind).await?;
    let mut response = Reply(vault).into_response();
    let cookie = set_cookie(&token, app.limits.session_seconds).ok_or(Refused::from(Refusal::Internal))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
