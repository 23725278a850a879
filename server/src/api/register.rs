use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    response::Response,
};
use signet_shared::{
    api::{Access, RegisterFinish, RegisterStart, RegisterStarted},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::Refusal,
};

use super::login::{Proof, signed_in};
use crate::{
    app::App,
    http::{Agent, Brief, Client, Octets, Refused, Reply, Token},
    opaque::Opaque,
    store::{Created, FIRST_VERSION, NewAccess, NewAccount},
};

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Client(address): Client,
    request: Request,
) -> Result<Reply<RegisterStarted>, Refused> {
    open(&app)?;
    app.rates.register_start.take(address, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(start) = Brief::<RegisterStart>::from_request(request, &app).await?;
    let username = start.username.canonical();
    if !app.store.is_free(&username).await? || !app.store.is_free(&app.opaque.mark_of(&username)).await? {
        return Err(Refusal::UsernameTaken.into());
    }
    let answer = |kind, request: &[u8]| {
        app.opaque.register(kind, &username, request).map_err(|_| Refused::from(Refusal::Malformed))
    };
    Ok(Reply(RegisterStarted {
        password: answer(SecretKind::Password, &start.password)?,
        recovery: answer(SecretKind::RecoveryKey, &start.recovery)?,
    }))
}

pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    Client(address): Client,
    instead: Option<Token>,
    agent: Agent,
    request: Request,
) -> Result<Response, Refused> {
    open(&app)?;
    let now = app.clock.now();
    app.rates.register_finish.take(address, now).map_err(Refused::too_many)?;
    let Octets(finish) = Octets::<RegisterFinish>::from_request(request, &app).await?;
    check(&finish)?;
    let account = finish.account_id;
    // The same again is answered like the first time: its answer may have been lost on the way.
    let created = app
        .store
        .create(NewAccount {
            account,
            mark: app.opaque.mark_of(&finish.username.canonical()),
            username: finish.username.canonical(),
            profile: finish.profile.number(),
            password: access(finish.password)?,
            recovery: access(finish.recovery)?,
            statement: finish.statement,
            keystore: finish.keystore,
            state: finish.state,
            now,
        })
        .await?;
    if created == Created::Now {
        tracing::info!("account.created");
    }
    let proof = Proof { secret: SecretKind::Password, version: FIRST_VERSION, by_login: false };
    signed_in(&app, account, proof, agent, instead).await
}

fn open(app: &App) -> Result<(), Refused> {
    if app.registration_open { Ok(()) } else { Err(Refusal::RegistrationClosed.into()) }
}

/// That the statement is the first one of this account. Whether it is signed, and by whom, is for clients to verify.
fn check(finish: &RegisterFinish) -> Result<(), Refused> {
    let statement = SignedStatement::parse(&finish.statement)?.statement;
    let fits = statement.seq == 1
        && statement.prev.0 == [0; 32]
        && statement.account_id == finish.account_id
        && statement.username == finish.username
        && statement.derive_account_id() == finish.account_id;
    if fits { Ok(()) } else { Err(Refusal::Malformed.into()) }
}

pub(super) fn access(access: Access) -> Result<NewAccess, Refused> {
    let record = Opaque::record(&access.record).map_err(|_| Refused::from(Refusal::Malformed))?;
    Ok(NewAccess { record, slot: access.slot })
}
