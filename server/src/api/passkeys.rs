use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::{
    api::{PasskeyInfo, Passkeys, RemovePasskey},
    wire::Refusal,
};

use super::secret::Fresh;
use crate::{
    app::App,
    http::{Brief, Refused, Reply, SignedIn},
    store::StoreError,
};

pub(crate) async fn list(State(app): State<Arc<App>>, who: SignedIn) -> Result<Reply<Passkeys>, Refused> {
    app.rates.sessions.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let passkeys = app.store.passkeys(who.account).await?;
    let passkeys = passkeys.into_iter().map(|(place, added)| PasskeyInfo { place, added });
    Ok(Reply(Passkeys { passkeys: passkeys.collect() }))
}

pub(crate) async fn remove(State(app): State<Arc<App>>, Fresh(who): Fresh, request: Request) -> Result<(), Refused> {
    let Brief(remove) = Brief::<RemovePasskey>::from_request(request, &app).await?;
    let (store, account) = (app.clone(), who.account);
    // Whoever removes it may have gone by the time it is removed: what it opened is closed all the same.
    let removing = tokio::spawn(async move {
        let ended = store.store.remove_passkey(who.token, remove.place).await?;
        store.hub.end_all(account, &ended);
        Ok::<_, StoreError>(())
    });
    removing.await.map_err(|_| Refused::from(Refusal::Internal))??;
    tracing::info!("passkey.removed");
    Ok(())
}
