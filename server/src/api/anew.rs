//! Starting an account anew; the steps are told in `signet_shared::api`.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    response::Response,
};
use sha2::{Digest, Sha256};
use signet_shared::{
    AccountId,
    api::{AnewAsk, AnewClaim, AnewFinish, AnewRefuse, AnewStand, AnewStart, AnewStarted, Claim, Who},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::{AnewAsked, Refusal},
};

use super::{
    keys::follows,
    login::{Proof, signed_in},
    register,
};
use crate::{
    app::App,
    http::{Agent, Brief, Client, Octets, Refused, Reply, SignedIn, Token},
    random,
    store::{AnewRequest, Millis, NewIdentity, NewRequest, Object, Right, SecretHash, Stand, StoreError},
};

pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<AnewStand>, Refused> {
    app.rates.anew.take(address, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(ask) = Brief::<AnewAsk>::from_request(request, &app).await?;
    let right = Right::Code { username: ask.username.canonical(), hash: hash(&ask.code) };
    asked(app, right, ask.claim).await.map_err(|error| match error {
        // One answer for a name that nobody has and for a code that is not good.
        StoreError::NotFound => Refusal::CodeFailed.into(),
        error => error.into(),
    })
}

pub(crate) async fn ask_here(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<AnewStand>, Refused> {
    app.rates.sessions.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(ask) = Brief::<AnewClaim>::from_request(request, &app).await?;
    Ok(asked(app, Right::Session(who.token), ask.claim).await?)
}

/// Goes on when the asker goes away: no request is made that the account's browsers are not told of.
async fn asked(app: Arc<App>, right: Right, claim: Claim) -> Result<Reply<AnewStand>, StoreError> {
    let asking = tokio::spawn(async move {
        let now = app.clock.now();
        let new = NewRequest { right, id: random::bytes(), claim: hash(&claim), now };
        let asked = app.store.ask_anew(new).await?;
        tracing::info!("anew.asked");
        tell(&app, asked.account).await;
        Ok(Reply(stand(&app, &asked)))
    });
    asking.await.map_err(|_| StoreError::Unavailable)?
}

/// Tells the account's browsers how it stands by now: one after the other, so that what is said last is what is stored.
pub(super) async fn tell(app: &App, account: AccountId) {
    let _turn = app.anew_turn.lock().await;
    // If it cannot be read, they are told when they connect next.
    if let Ok(Some(asked)) = app.store.anew_of(account).await {
        app.hub.anew_changed(account, notice(app, &asked));
    }
}

pub(crate) async fn refuse(State(app): State<Arc<App>>, who: SignedIn, request: Request) -> Result<(), Refused> {
    app.rates.sessions.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(refuse) = Brief::<AnewRefuse>::from_request(request, &app).await?;
    // Goes on when the asker goes away, as above.
    let refusing = tokio::spawn(async move {
        app.store.refuse_anew(who.token, refuse.id).await?;
        tracing::info!("anew.refused");
        tell(&app, who.account).await;
        Ok::<_, StoreError>(())
    });
    Ok(refusing.await.map_err(|_| Refused::from(Refusal::Internal))??)
}

pub(crate) async fn look(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<AnewStand>, Refused> {
    app.rates.anew.take(address, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(look) = Brief::<AnewClaim>::from_request(request, &app).await?;
    let asked = by_claim(&app, &look.claim).await?;
    Ok(Reply(stand(&app, &asked)))
}

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<AnewStarted>, Refused> {
    app.rates.anew.take(address, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(start) = Brief::<AnewStart>::from_request(request, &app).await?;
    let asked = by_claim(&app, &start.claim).await?;
    match stand(&app, &asked) {
        AnewStand::Waiting { left_ms: 0 } => {}
        AnewStand::Waiting { .. } => return Err(Refusal::TooEarly.into()),
        AnewStand::Refused => return Err(Refusal::AnewRefused.into()),
        AnewStand::Done => return Err(Refusal::NotFound.into()),
    }
    let username = app.store.username(asked.account).await?;
    let answer = |kind, request: &[u8]| {
        app.opaque.register(kind, &username, request).map_err(|_| Refused::from(Refusal::Malformed))
    };
    let versions = app.store.versions(asked.account).await?;
    Ok(Reply(AnewStarted {
        password: answer(SecretKind::Password, &start.password)?,
        recovery: answer(SecretKind::RecoveryKey, &start.recovery)?,
        keystore_version: versions.keystore,
        state_version: versions.state,
        statements: app.store.statements(Who::Id(asked.account), 0).await?,
    }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    Client(address): Client,
    instead: Option<Token>,
    agent: Agent,
    request: Request,
) -> Result<Response, Refused> {
    let now = app.clock.now();
    app.rates.anew.take(address, now).map_err(Refused::too_many)?;
    let Octets(finish) = Octets::<AnewFinish>::from_request(request, &app).await?;
    let asked = by_claim(&app, &finish.claim).await?;
    let next = SignedStatement::parse(&finish.statement)?.statement;
    follows(&app, &next, asked.account).await?;
    let new = NewIdentity {
        claim: asked.claim,
        asked_by: now.saturating_sub(wait(&app)),
        profile: finish.profile.number(),
        password: register::access(finish.password)?,
        recovery: register::access(finish.recovery)?,
        seq: next.seq,
        statement: finish.statement,
        keystore: Object { version: finish.keystore_version, bytes: finish.keystore },
        state: Object { version: finish.state_version, bytes: finish.state },
    };
    let begun = {
        let app = app.clone();
        // Goes on when the asker goes away, so that no socket outlives its session.
        let beginning = tokio::spawn(async move {
            let begun = app.store.begin_anew(new).await?;
            app.hub.end_all(begun.account, &begun.ended);
            Ok::<_, StoreError>(begun)
        });
        beginning.await.map_err(|_| Refused::from(Refusal::Internal))??
    };
    tracing::info!("account.begun_anew");
    let proof = Proof { secret: SecretKind::Password, version: begun.version, by_login: false };
    signed_in(&app, begun.account, proof, agent, instead).await
}

/// What the account's browsers are to know of a request.
pub(crate) fn notice(app: &App, asked: &AnewRequest) -> Option<AnewAsked> {
    match stand(app, asked) {
        AnewStand::Waiting { left_ms } => Some(AnewAsked { id: asked.id, asked_ms: asked.asked, left_ms }),
        AnewStand::Refused | AnewStand::Done => None,
    }
}

fn stand(app: &App, asked: &AnewRequest) -> AnewStand {
    match asked.stand {
        Stand::Waiting => {
            AnewStand::Waiting { left_ms: asked.asked.saturating_add(wait(app)).saturating_sub(app.clock.now()) }
        }
        Stand::Refused => AnewStand::Refused,
        Stand::Done => AnewStand::Done,
    }
}

fn wait(app: &App) -> Millis {
    app.limits.anew_wait_seconds.saturating_mul(1000)
}

async fn by_claim(app: &App, claim: &Claim) -> Result<AnewRequest, Refused> {
    Ok(app.store.anew_by_claim(hash(claim)).await?.ok_or(StoreError::NotFound)?)
}

fn hash(secret: &[u8]) -> SecretHash {
    Sha256::digest(secret).into()
}
