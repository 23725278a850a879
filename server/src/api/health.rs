use std::{sync::Arc, time::Duration};

use axum::extract::State;
use signet_shared::wire::Refusal;
use tokio::sync::Mutex;

use crate::{app::App, http::Refused, store::Millis};

/// The store's last check. Anybody may ask, and each check costs the disk a write: there is one at a time, and its answer
/// serves everyone for a while.
pub(crate) type LastCheck = Arc<Mutex<Option<(Millis, bool)>>>;

const GOOD_FOR: Millis = 2_000;
const PATIENCE: Duration = Duration::from_secs(5);

/// The process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The store can be read and written, or could be a moment ago.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Refused> {
    let mut last = app.last_check.clone().lock_owned().await;
    let good = match *last {
        Some((at, good)) if app.clock.now().abs_diff(at) < GOOD_FOR => good,
        _ => {
            // Goes on when the asker goes away, so that coming and going begins no second one.
            let check = tokio::spawn(async move {
                let good = matches!(tokio::time::timeout(PATIENCE, app.store.check()).await, Ok(Ok(())));
                *last = Some((app.clock.now(), good));
                good
            });
            check.await.unwrap_or(false)
        }
    };
    if good { Ok("ready\n") } else { Err(Refusal::StoreUnavailable.into()) }
}
