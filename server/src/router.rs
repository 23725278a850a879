use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use signet_shared::{api as path, wire};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api,
    app::App,
    http::{self, Security},
    relay, site,
};

/// Every route.
pub(crate) fn router(app: Arc<App>) -> Router {
    let security = Arc::new(Security::new(&app.origin));
    let guard = middleware::from_fn_with_state(app.clone(), http::own_page_or_no_browser);
    Router::new()
        .route(path::ABOUT, get(api::about))
        .route(path::REGISTER_START, post(api::register_start))
        .route(path::REGISTER_FINISH, post(api::register_finish))
        .route(path::LOGIN_START, post(api::login_start))
        .route(path::LOGIN_FINISH, post(api::login_finish))
        .route(path::SIGN_OUT, post(api::sign_out))
        .route(path::VAULT, get(api::vault))
        .route(path::STATE, post(api::put_state))
        .route(path::KEYS, post(api::put_keys))
        .route(path::SHARE_TAKE, post(api::share_take))
        .route(path::SHARE_CONFIRM, post(api::share_confirm))
        .route(path::LOOKUP, post(api::lookup))
        .route(path::SESSIONS, get(api::sessions))
        .route(path::SESSIONS_END, post(api::sessions_end))
        .route(path::SECRET_START, post(api::secret_start))
        .route(path::SECRET_PENDING, post(api::secret_pending))
        .route(path::SECRET_TRY, post(api::secret_try))
        .route(path::SECRET_FINISH, post(api::secret_finish))
        .route(path::PASSKEYS, get(api::passkeys))
        .route(path::PASSKEYS_REMOVE, post(api::passkeys_remove))
        .route(path::RESCUE, post(api::rescue))
        .route(path::ACCOUNT_DELETE, post(api::delete_account))
        .route(path::ANEW_ASK, post(api::anew_ask))
        .route(path::ANEW_ASK_HERE, post(api::anew_ask_here))
        .route(path::ANEW_LOOK, post(api::anew_look))
        .route(path::ANEW_START, post(api::anew_start))
        .route(path::ANEW_FINISH, post(api::anew_finish))
        .route(path::ANEW_REFUSE, post(api::anew_refuse))
        .route(path::EARLIER_START, post(api::earlier_start))
        .route(path::EARLIER_FINISH, post(api::earlier_finish))
        .route(wire::PATH, get(relay::socket))
        .route("/api/{*rest}", get(http::no_such_route).post(http::no_such_route))
        .route("/healthz", get(api::healthz))
        .route("/readyz", get(api::readyz))
        // Pages, assets, and a plain page for what does not exist.
        .route("/", get(site::page))
        .route("/{*path}", get(site::page))
        .fallback(http::no_such_route)
        .method_not_allowed_fallback(http::no_such_method)
        .layer(guard)
        .layer(CatchPanicLayer::custom(http::panicked))
        .layer(middleware::from_fn(http::log))
        .layer(middleware::from_fn_with_state(security, http::secure))
        .with_state(app)
}
