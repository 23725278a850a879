use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::{
    AccountId,
    api::{self, PutState, Stored},
};

use crate::{
    app::App,
    http::{Octets, Refused, Reply, SignedIn},
    store::TokenHash,
};

pub(crate) async fn vault(State(app): State<Arc<App>>, who: SignedIn) -> Result<Reply<api::Vault>, Refused> {
    app.rates.vault.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    Ok(Reply(open(&app, who.account, who.token).await?))
}

pub(crate) async fn put_state(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<Stored>, Refused> {
    app.rates.state.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Octets(put) = Octets::<PutState>::from_request(request, &app).await?;
    let version = app.store.put_state(who.account, put.expected, put.state).await?;
    app.hub.state_changed(who.account, version, who.token);
    Ok(Reply(Stored { version }))
}

/// What the browser of this session opens the account with.
pub(super) async fn open(app: &App, account: AccountId, token: TokenHash) -> Result<api::Vault, Refused> {
    let vault = app.store.vault(token).await?;
    Ok(api::Vault {
        account_id: account,
        slot: vault.slot,
        keystore_version: vault.keystore.version,
        keystore: vault.keystore.bytes,
        state_version: vault.state.version,
        state: vault.state.bytes,
        statements: vault.statements,
    })
}
