use std::{sync::Arc, time::Duration};

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
use tokio::time::{Instant, sleep_until};

use super::account;
use crate::{
    app::App,
    http::{Agent, Brief, Client, Refused, Reply, Token, set_cookie},
    login::Begun,
    random,
    store::{FIRST_VERSION, NewSession, StoreError},
};

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<LoginStarted>, Refused> {
    let (now, due) = (app.clock.now(), Instant::now() + Duration::from_millis(app.limits.login_answer_ms));
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
    let version = credential.as_ref().map_or(FIRST_VERSION, |credential| credential.version);
    let account = credential.map(|credential| credential.account);
    let begun = Begun { account, kind: start.kind, version, profile, state };
    let login_id = app.logins.begin(begun, now);
    // A name that nobody has costs less to look up.
    sleep_until(due).await;
    Ok(Reply(LoginStarted { login_id, profile: profile.number(), ke2 }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    instead: Option<Token>,
    agent: Agent,
    Brief(finish): Brief<LoginFinish>,
) -> Result<Response, Refused> {
    let failed = Refused::from(Refusal::LoginFailed);
    let begun = app.logins.take(&finish.login_id, app.clock.now()).ok_or(failed)?;
    app.opaque.finish(begun.state, begun.profile, &finish.ke3).map_err(|_| failed)?;
    let account = begun.account.ok_or(failed)?;
    let proof = Proof { secret: begun.kind, version: begun.version, by_login: true };
    signed_in(&app, account, proof, agent, instead).await
}

/// What a new session is opened for.
pub(super) struct Proof {
    pub(super) secret: SecretKind,
    pub(super) version: u64,
    pub(super) by_login: bool,
}

/// A new session in place of the one that the browser had: no token outlives a login.
pub(super) async fn signed_in(
    app: &App,
    account: AccountId,
    Proof { secret, version, by_login }: Proof,
    Agent { browser, system }: Agent,
    instead: Option<Token>,
) -> Result<Response, Refused> {
    let token = Token::make();
    let (hash, handle, now) = (token.hash(), random::bytes(), app.clock.now());
    let old = instead.map(|old| old.hash());
    let new = NewSession { token: hash, account, handle, now, secret, version, by_login, browser, system };
    app.store.open(new, old).await.map_err(|error| match error {
        // Another took the secret's place since the first step.
        StoreError::VersionConflict => Refusal::LoginFailed.into(),
        error => Refused::from(error),
    })?;
    if let Some(old) = old {
        app.hub.end(old);
    }
    let vault = account::open(app, account, hash).await?;
    let mut response = Reply(vault).into_response();
    let cookie = set_cookie(&token, app.limits.session_seconds).ok_or(Refused::from(Refusal::Internal))?;
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}
