use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use signet_shared::{
    AccountId,
    api::{PutKeys, Stored, Who},
    statement::{SignedStatement, Statement},
    wire::Refusal,
};

use crate::{
    app::App,
    http::{Octets, Refused, Reply, SignedIn},
    store::NewKeys,
};

pub(crate) async fn put_keys(
    State(app): State<Arc<App>>,
    who: SignedIn,
    request: Request,
) -> Result<Reply<Stored>, Refused> {
    app.rates.keys.take(who.account, app.clock.now()).map_err(Refused::too_many)?;
    let Octets(put) = Octets::<PutKeys>::from_request(request, &app).await?;
    let next = SignedStatement::parse(&put.statement)?.statement;
    follows(&app, &next, who.account).await?;
    let keys = NewKeys { expected: put.expected, keystore: put.keystore, seq: next.seq, statement: put.statement };
    let version = app.store.put_keys(who.account, keys).await?;
    tracing::info!("keys.renewed");
    app.hub.keys_changed(who.account, version, who.token);
    Ok(Reply(Stored { version }))
}

/// That the statement is one of this account's and goes on where the one before it ended. Whether it is signed, and by whom,
/// is for clients to verify.
pub(super) async fn follows(app: &App, next: &Statement, account: AccountId) -> Result<(), Refused> {
    let malformed = || Refused::from(Refusal::Malformed);
    let before = next.seq.checked_sub(2).ok_or_else(malformed)?;
    let known = app.store.statements(Who::Id(account), before).await?;
    let before = known.first().ok_or(Refused::from(Refusal::VersionConflict))?;
    let before = SignedStatement::parse(before).map_err(|_| Refused::from(Refusal::Internal))?.statement;
    let same = next.account_id == account && next.username == before.username && next.nonce == before.nonce;
    match (same, next.prev == before.hash()) {
        (true, true) => Ok(()),
        (true, false) => Err(Refusal::VersionConflict.into()),
        (false, _) => Err(malformed()),
    }
}
