use std::sync::Arc;

use axum::extract::State;
use signet_shared::api::{Lookup, Statements};

use crate::{
    app::App,
    http::{Octets, Refused, Reply, SignedIn},
};

pub(crate) async fn lookup(
    State(app): State<Arc<App>>,
    who: SignedIn,
    Octets(lookup): Octets<Lookup>,
) -> Result<Reply<Statements>, Refused> {
    app.rates.lookup.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    Ok(Reply(Statements { statements: app.store.statements(lookup.who, lookup.after).await? }))
}
