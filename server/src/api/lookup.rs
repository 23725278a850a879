use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::api::{Lookup, Statements};

use crate::{
    app::App,
    http::{Brief, Refused, Reply, SignedIn},
};

pub(crate) async fn lookup(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<Statements>, Refused> {
    app.rates.lookup.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Brief(lookup) = Brief::<Lookup>::from_request(request, &app).await?;
    Ok(Reply(Statements { statements: app.store.statements(lookup.who, lookup.after).await? }))
}
