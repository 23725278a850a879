//! Replacing a secret; the steps are told in `signet_shared::api`.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, FromRequestParts, Request, State},
    http::request::Parts,
};
use signet_shared::{
    api::{Ended, PutKeys, SecretFinish, SecretPending, SecretStart, SecretStarted, SecretTried, SecretTry, WithKeys},
    opaque::KdfProfile,
    statement::SignedStatement,
    wire::Refusal,
};

use super::{keys::follows, register, sessions::end_and_close};
use crate::{
    app::App,
    http::{Brief, Octets, Refused, Reply, SignedIn, horizon},
    login::Tried,
    random,
    store::{Millis, NewKeys, Pending, Replace, ReplaceKeys},
};

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Fresh(who): Fresh,
    request: Request,
) -> Result<Reply<SecretStarted>, Refused> {
    let Brief(start) = Brief::<SecretStart>::from_request(request, &app).await?;
    let username = app.store.username(who.account).await?;
    let response = app.opaque.register(start.kind, &username, &start.request);
    Ok(Reply(SecretStarted { response: response.map_err(|_| Refused::from(Refusal::Malformed))? }))
}

pub(crate) async fn pending(State(app): State<Arc<App>>, Fresh(who): Fresh, request: Request) -> Result<(), Refused> {
    let Brief(put) = Brief::<SecretPending>::from_request(request, &app).await?;
    let access = register::access(put.access)?;
    let pending = Pending {
        id: random::bytes(),
        made: app.clock.now(),
        profile: put.profile.number(),
        record: access.record,
        slot: access.slot,
    };
    Ok(app.store.put_pending(who.token, put.kind, pending).await?)
}

pub(crate) async fn try_it(
    State(app): State<Arc<App>>,
    Fresh(who): Fresh,
    request: Request,
) -> Result<Reply<SecretTried>, Refused> {
    let Brief(try_it) = Brief::<SecretTry>::from_request(request, &app).await?;
    let (kind, now) = (try_it.kind, app.clock.now());
    let pending = app.store.pending(who.token, kind).await?.filter(|pending| pending.made > made_after(&app, now));
    let pending = pending.ok_or(Refused::from(Refusal::NotFound))?;
    let profile = KdfProfile::from_number(pending.profile).ok_or(Refused::from(Refusal::Internal))?;
    let username = app.store.username(who.account).await?;
    let (state, ke2) = app.opaque.login(kind, &username, profile, Some(&pending.record), &try_it.ke1)?;
    let tried = Tried { token: who.token, kind, pending: pending.id, profile, state };
    let login_id = app.tries.begin(tried, now);
    Ok(Reply(SecretTried { login_id, profile: profile.number(), ke2, slot: pending.slot }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    Finishing(who): Finishing,
    request: Request,
) -> Result<Reply<Ended>, Refused> {
    let Octets(finish) = Octets::<SecretFinish>::from_request(request, &app).await?;
    // Done already, and the answer was lost: perhaps longer ago than the relay remembers a login, or before it was started.
    if let Some(replaced) = who.session.replaced
        && replaced.login == finish.login_id
    {
        return Ok(Reply(Ended { ended: replaced.ended }));
    }
    if !who.is_fresh(&app) {
        return Err(Refusal::LoginTooOld.into());
    }

    let (failed, now) = (Refused::from(Refusal::LoginFailed), app.clock.now());
    // It stays, so that the same again finds it while the first one is still at work.
    let tried = app.tries.look(&finish.login_id, now).filter(|tried| tried.token == who.token).ok_or(failed)?;
    if app.opaque.finish(tried.state, tried.profile, &finish.ke3).is_err() {
        app.tries.take(&finish.login_id, now);
        return Err(failed);
    }
    let (keys, next) = match finish.keys {
        WithKeys::Whatever => (ReplaceKeys::Whatever, None),
        WithKeys::Of(version) => (ReplaceKeys::Of(version), None),
        WithKeys::Next(put) => {
            let next = SignedStatement::parse(&put.statement)?.statement;
            follows(&app, &next, who.account).await?;
            let version = put.expected.saturating_add(1);
            let PutKeys { expected, keystore, statement } = put;
            (ReplaceKeys::Next(NewKeys { expected, keystore, seq: next.seq, statement }), Some(version))
        }
    };
    let replace = Replace {
        token: who.token,
        kind: tried.kind,
        pending: tried.pending,
        made_after: made_after(&app, now),
        login: finish.login_id,
        end_others: finish.end_others,
        keys,
        alive: horizon(&app.limits, now),
    };
    let (store, hub) = (app.store.clone(), app.hub.clone());
    let replacing = async move {
        let ended = store.replace(replace).await?;
        if let Some(version) = next {
            hub.keys_changed(who.account, version, who.token);
        }
        Ok(ended)
    };
    let ended = end_and_close(app.hub.clone(), who.account, replacing).await?;
    tracing::info!("secret.replaced");
    Ok(Reply(Ended { ended: ended.count }))
}

/// A session that may replace a secret, and a request of its account that has been counted. A session that may not is
/// turned away uncounted: who has stolen an old one must not keep its owner from changing the password.
pub(crate) struct Fresh(pub(super) SignedIn);

impl FromRequestParts<Arc<App>> for Fresh {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let who = SignedIn::from_request_parts(parts, app).await?;
        if !who.is_fresh(app) {
            return Err(Refusal::LoginTooOld.into());
        }
        count(app, &who)?;
        Ok(Self(who))
    }
}

/// As [`Fresh`], or one that has replaced a secret before, which may be asking again about that.
pub(crate) struct Finishing(pub(super) SignedIn);

impl FromRequestParts<Arc<App>> for Finishing {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let who = SignedIn::from_request_parts(parts, app).await?;
        if !who.is_fresh(app) && who.session.replaced.is_none() {
            return Err(Refusal::LoginTooOld.into());
        }
        count(app, &who)?;
        Ok(Self(who))
    }
}

fn count(app: &App, who: &SignedIn) -> Result<(), Refused> {
    let now = app.clock.now();
    app.rates.secret_minute.take(who.account, now).map_err(Refused::too_many)?;
    // By the day too, as logins: the answer to a first step or to a try tells whether one guess at the old secret is right.
    app.rates.secret_day.take(who.account, now).map_err(Refused::too_many)
}

/// What became pending then or earlier is of no use now.
pub(super) fn made_after(app: &App, now: Millis) -> Millis {
    now.saturating_sub(app.limits.pending_seconds.saturating_mul(1000))
}
