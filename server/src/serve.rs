use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use rustls::crypto::ring;
use tokio::sync::{Mutex, Semaphore};

use crate::{
    app::{App, Rates},
    config::{Config, ConfigError, Database, Tls},
    files::Claim,
    http,
    listen::{self, Gate},
    login::Logins,
    opaque::{self, Opaque},
    origin::Origin,
    relay::{Deliver, Hub},
    router::router,
    site::Site,
    store::{Memory, Postgres, Sqlite, Store},
};

/// Runs the relay on a listener until `shutdown`: then it takes nothing new, closes every socket with 1012, finishes what
/// was begun, and returns.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ConfigError> {
    let listen = listener.local_addr().map_err(|e| ConfigError(format!("the listener has no address: {e}")))?;
    config.check(listen)?;
    let tls = config.tls.as_ref().map(certificate).transpose()?;
    let limits = config.limits.clone();
    let gate = Gate::new(&limits, listen::room(limits.connections)?, &config.trusted_proxies);
    let hub = Hub::new(&limits);
    let (app, _claim) = build(config, listen, hub.clone()).await?;

    let handle = Handle::new();
    let seconds = |n: u64| Duration::from_secs(n.max(1));
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener)
        .map_err(|e| ConfigError(format!("the listener cannot be used: {e}")))?
        .handle(handle.clone())
        .first_request_timeout(seconds(limits.header_seconds));
    let builder = server.http_builder();
    builder.http1().header_read_timeout(seconds(limits.header_seconds)).max_buf_size(64 * 1024);
    builder.http2().max_concurrent_streams(100).keep_alive_interval(Some(seconds(limits.ping_seconds)));
    let mut running = match tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).handshake_timeout(seconds(limits.handshake_seconds));
            tokio::spawn(server.acceptor(acceptor.acceptor(gate)).serve(service))
        }
        None => tokio::spawn(server.acceptor(gate).serve(service)),
    };
    let housekeeping = tokio::spawn(keep_house(app.clone()));
    tracing::info!(address = %listen, url = app.public_url, "relay.listening");

    let ended = tokio::select! {
        ended = &mut running => Some(ended),
        () = shutdown => None,
    };
    tracing::info!("relay.stopping");
    let drain = seconds(limits.drain_seconds);
    handle.graceful_shutdown(Some(drain));
    hub.stop();
    tokio::time::timeout(drain, hub.empty()).await.ok();
    let ended = match ended {
        Some(ended) => ended,
        None => running.await,
    };
    housekeeping.abort();
    app.store.close().await;
    tracing::info!("relay.stopped");
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ConfigError(format!("the listener failed: {error}"))),
        Err(error) => Err(ConfigError(format!("the server task failed: {error}"))),
    }
}

async fn build(config: Config, listen: SocketAddr, hub: Arc<Hub>) -> Result<(Arc<App>, Claim), ConfigError> {
    let origin = match &config.public_url {
        Some(url) => Origin::from_url(url)?,
        None => Origin::new(config.tls.is_some(), &format!("localhost:{}", listen.port())),
    };
    let site = match &config.site {
        Some(folder) => {
            Site::folder(folder).map_err(|e| ConfigError(format!("--site {} cannot be read: {e}", folder.display())))?
        }
        None => Site::embedded(),
    };
    if site.is_empty() {
        tracing::warn!("this program was built without the pages; only the API is served (see `cargo xtask build`)");
    }
    let claim = Claim::of(config.data.as_deref(), &config.database)?;
    let bell = Deliver::start(hub.clone());
    let store: Arc<dyn Store> = match &config.database {
        Database::Memory => Arc::new(Memory::new(bell)),
        Database::Sqlite(file) => Arc::new(
            Sqlite::open(file, bell)
                .await
                .map_err(|error| ConfigError(format!("the database {} cannot be opened: {error}", file.display())))?,
        ),
        Database::Postgres(url) => Arc::new(Postgres::open(url, bell).await?),
    };
    let public_url = origin.text();
    let opaque = match &config.data {
        None => Opaque::make(public_url.clone()),
        Some(folder) => {
            let file = folder.join(opaque::FILE);
            let any = store.any().await.map_err(|e| ConfigError(format!("the database cannot be read: {e}")))?;
            if any && !file.exists() {
                return Err(ConfigError(format!(
                    "the database holds accounts, but {} is missing, without which nobody can sign in. Restore it from \
                     the backup of the data folder.",
                    file.display()
                )));
            }
            Opaque::load_or_make(&file, public_url.clone())
                .map_err(|e| ConfigError(format!("the login key {} cannot be used: {e}", file.display())))?
        }
    };
    let waiting = usize::try_from(config.limits.waiting_bytes).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
    let app = App {
        store,
        hub,
        opaque,
        logins: Logins::new(config.limits.login_steps, config.limits.login_step_seconds),
        tries: Logins::new(config.limits.login_steps, config.limits.login_step_seconds),
        earlier: Logins::new(config.limits.login_steps, config.limits.login_step_seconds),
        rates: Rates::new(&config.limits),
        anew_turn: Mutex::default(),
        waiting: Arc::new(Semaphore::new(waiting)),
        last_check: Default::default(),
        limits: config.limits,
        clock: config.clock,
        tls: config.tls.is_some(),
        port: listen.port(),
        origin,
        public_url,
        registration_open: config.registration_open,
        trusted_proxies: config.trusted_proxies,
        site,
    };
    Ok((Arc::new(app), claim))
}

fn certificate(tls: &Tls) -> Result<RustlsConfig, ConfigError> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let wrong = |option: &str, file: &Path, error: &dyn std::fmt::Display| {
        ConfigError(format!("{option} {} cannot be used: {error}", file.display()))
    };
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong("--tls-cert", &tls.cert, &e))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|e| wrong("--tls-key", &tls.key, &e))?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|e| wrong("--tls-cert", &tls.cert, &e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| wrong("--tls-cert", &tls.cert, &e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Deletes sessions, and new secrets that never came into use, whose time is over.
async fn keep_house(app: Arc<App>) {
    let mut often = tokio::time::interval(Duration::from_secs(600));
    loop {
        often.tick().await;
        let now = app.clock.now();
        app.logins.tidy(now);
        app.tries.tidy(now);
        app.earlier.tidy(now);
        let alive = http::horizon(&app.limits, now);
        let pending = now.saturating_sub(app.limits.pending_seconds.saturating_mul(1000));
        // Trouble is logged where it is met, and the next time is soon enough.
        app.store.expire(alive.used, alive.created).await.ok();
        app.store.forget_pending(pending).await.ok();
        let asked = now.saturating_sub(app.limits.anew_seconds.saturating_mul(1000));
        app.store.forget_anew(now, asked).await.ok();
    }
}
