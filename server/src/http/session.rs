use std::{convert::Infallible, fmt::Write, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use sha2::{Digest, Sha256};
use signet_shared::{AccountId, wire::Refusal};
use zeroize::Zeroize;

use super::{Refused, cookie};
use crate::{
    app::App,
    config::Limits,
    random,
    store::{Horizon, Millis, Session, StoreError, TokenHash},
};

/// 256 random bits that a browser's cookie holds, and nothing else does.
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn make() -> Self {
        Self(random::bytes())
    }

    pub(crate) fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }

    pub(super) fn to_hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            write!(text, "{byte:02x}").ok();
            text
        })
    }

    pub(super) fn from_hex(text: &str) -> Option<Self> {
        signet_shared::EnvId::from_hex(text).map(|bytes| Self(bytes.0))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl OptionalFromRequestParts<Arc<App>> for Token {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Option<Self>, Infallible> {
        Ok(cookie::read(&parts.headers))
    }
}

/// A request with the cookie of a live session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedIn {
    pub(crate) account: AccountId,
    pub(crate) token: TokenHash,
    pub(crate) session: Session,
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let token = cookie::read(&parts.headers).ok_or(Refused::from(Refusal::SignedOut))?.hash();
        let session = check(app, token).await?.ok_or(Refused::from(Refusal::SignedOut))?;
        Ok(Self { account: session.account, token, session })
    }
}

impl SignedIn {
    /// Whether this session may replace a secret: a login opened it a moment ago, and what it knew is still a secret of the
    /// account.
    pub(crate) fn is_fresh(&self, app: &App) -> bool {
        let age = app.clock.now().saturating_sub(self.session.created);
        let limit = app.limits.fresh_login_seconds.saturating_mul(1000);
        self.session.by_login && self.session.secret.is_some() && age < limit
    }
}

/// The session, if it lives; using it prolongs it.
pub(crate) async fn check(app: &Arc<App>, token: TokenHash) -> Result<Option<Session>, StoreError> {
    let Some(session) = app.store.session(token).await? else { return Ok(None) };
    let now = app.clock.now();
    if !horizon(&app.limits, now).is_behind(&session) {
        return Ok(None);
    }
    // Written now and then only, and a store that cannot be written does not end a session.
    let unused = now.saturating_sub(session.used);
    if unused > app.limits.session_idle_seconds.saturating_mul(1000) / 200 {
        app.store.touch(token, now).await.ok();
    }
    Ok(Some(session))
}

/// How far back the use and the beginning of a session may lie that lives.
pub(crate) fn horizon(limits: &Limits, now: Millis) -> Horizon {
    let before = |seconds: u64| now.saturating_sub(seconds.saturating_mul(1000));
    Horizon { used: before(limits.session_idle_seconds), created: before(limits.session_seconds) }
}
