use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::api::{Shares, TakeShare};

use crate::{
    app::App,
    http::{Brief, Refused, Reply, SignedIn},
};

pub(crate) async fn take(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<Shares>, Refused> {
    app.rates.share.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(take) = Brief::<TakeShare>::from_request(request, &app).await?;
    Ok(Reply(Shares { shares: app.store.take_shares(who.token, take.next).await? }))
}

pub(crate) async fn confirm(State(app): State<Arc<App>>, who: SignedIn, request: Request) -> Result<(), Refused> {
    app.rates.share.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(keep) = Brief::<TakeShare>::from_request(request, &app).await?;
    Ok(app.store.confirm_share(who.token, keep.next).await?)
}
