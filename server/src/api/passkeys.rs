use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::api::{PasskeyInfo, Passkeys, RemovePasskey};

use super::secret::Fresh;
use crate::{
    app::App,
    http::{Brief, Refused, Reply, SignedIn},
};

pub(crate) async fn list(State(app): State<Arc<App>>, who: SignedIn) -> Result<Reply<Passkeys>, Refused> {
    app.rates.sessions.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let passkeys = app.store.passkeys(who.account).await?;
    let passkeys = passkeys.into_iter().map(|(place, added)| PasskeyInfo { place, added });
    Ok(Reply(Passkeys { passkeys: passkeys.collect() }))
}

pub(crate) async fn remove(State(app): State<Arc<App>>, Fresh(who): Fresh, request: Request) -> Result<(), Refused> {
    let Brief(remove) = Brief::<RemovePasskey>::from_request(request, &app).await?;
    app.store.remove_passkey(who.token, remove.place).await?;
    tracing::info!("passkey.removed");
    Ok(())
}
