//! What an account had until it began anew, for a secret of then. It opens nothing but that, and only to who is signed in.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::{
    api::{EarlierStart, EarlierStarted, EarlierVault, LoginFinish},
    opaque::KdfProfile,
    wire::Refusal,
};

use crate::{
    app::App,
    http::{Brief, Refused, Reply, SignedIn},
    login::Remembered,
};

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<EarlierStarted>, Refused> {
    let now = app.clock.now();
    app.rates.earlier_minute.take(who.account, now).map_err(Refused::too_many)?;
    app.rates.earlier_day.take(who.account, now).map_err(Refused::too_many)?;
    let Brief(start) = Brief::<EarlierStart>::from_request(request, &app).await?;
    let credential = app.store.earlier_credential(who.account, start.seq, start.kind).await?;
    let profile = match &credential {
        Some(credential) => KdfProfile::from_number(credential.profile).ok_or(Refused::from(Refusal::Internal))?,
        None => KdfProfile::NEWEST,
    };
    let username = app.store.username(who.account).await?;
    let record = credential.as_ref().map(|credential| credential.record.as_slice());
    let (state, ke2) = app.opaque.login(start.kind, &username, profile, record, &start.ke1)?;
    let remembered = Remembered { token: who.token, seq: start.seq, kind: start.kind, profile, state };
    let login_id = app.earlier.begin(remembered, now);
    Ok(Reply(EarlierStarted { login_id, profile: profile.number(), ke2 }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Brief(finish): Brief<LoginFinish>,
) -> Result<Reply<EarlierVault>, Refused> {
    let failed = Refused::from(Refusal::LoginFailed);
    let begun = app.earlier.take(&finish.login_id, app.clock.now()).filter(|begun| begun.token == who.token);
    let begun = begun.ok_or(failed)?;
    app.opaque.finish(begun.state, begun.profile, &finish.ke3).map_err(|_| failed)?;
    let earlier = app.store.earlier(who.account, begun.seq, begun.kind).await?.ok_or(failed)?;
    Ok(Reply(EarlierVault {
        slot: earlier.slot,
        keystore_version: earlier.keystore.version,
        keystore: earlier.keystore.bytes,
        state_version: earlier.state.version,
        state: earlier.state.bytes,
    }))
}
