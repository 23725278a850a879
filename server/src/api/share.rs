use std::sync::Arc;

use axum::extract::State;
use signet_shared::api::{Shares, TakeShare};

use crate::{
    app::App,
    http::{Octets, Refused, Reply, SignedIn},
};

pub(crate) async fn take(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Octets(take): Octets<TakeShare>,
) -> Result<Reply<Shares>, Refused> {
    app.rates.share.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    Ok(Reply(Shares { shares: app.store.take_shares(who.token, take.next).await? }))
}

pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Octets(keep): Octets<TakeShare>,
) -> Result<(), Refused> {
    app.rates.share.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    Ok(app.store.confirm_share(who.token, keep.next).await?)
}
