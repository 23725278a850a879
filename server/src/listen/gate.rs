use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Extension, middleware::AddExtension};
use axum_server::accept::Accept;
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::Layer;

use super::timed::Timed;
use crate::{
    config::{Limits, Net},
    count::{Place, Places},
};

/// Lets so many connections in, and closes those that stand still. Who finds no place is closed without a word: a word
/// would cost a handshake.
#[derive(Clone)]
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    by_address: Arc<Places>,
    /// A proxy's connections are those of all its clients, which the proxy counts.
    proxies: Arc<[Net]>,
    idle: Duration,
    stalled: Duration,
}

/// What a request knows of its connection.
#[derive(Clone, Default)]
pub(crate) struct Connection {
    has_own_pings: Arc<AtomicBool>,
}

/// Held as long as the connection is there.
pub(crate) struct Admitted {
    _place: Option<Place>,
    _one: OwnedSemaphorePermit,
}

impl Connection {
    /// From here on it is a socket, and whether that is alive the relay's own pings tell.
    pub(crate) fn becomes_a_socket(&self) {
        self.has_own_pings.store(true, Ordering::Relaxed);
    }

    pub(super) fn may_idle(&self) -> bool {
        self.has_own_pings.load(Ordering::Relaxed)
    }
}

impl Gate {
    /// `room` is what the system has room for.
    pub(crate) fn new(limits: &Limits, room: u64, proxies: &[Net]) -> Self {
        let all = usize::try_from(room).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let seconds = |n: u64| Duration::from_secs(n.max(1));
        Self {
            all: Arc::new(Semaphore::new(all)),
            by_address: Places::new(limits.connections_per_address, limits.addresses_per_network),
            proxies: proxies.into(),
            idle: seconds(limits.idle_seconds),
            stalled: seconds(limits.stalled_seconds),
        }
    }

    fn admit(&self, peer: SocketAddr) -> Option<Admitted> {
        let ip = peer.ip();
        let is_proxy = self.proxies.iter().any(|net| net.contains(ip));
        let place = if is_proxy { None } else { Some(self.by_address.take(ip.into())?) };
        Some(Admitted { _place: place, _one: self.all.clone().try_acquire_owned().ok()? })
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = Timed<TcpStream>;
    type Service = AddExtension<S, Connection>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let accept = || {
            let admitted = self.admit(stream.peer_addr()?).ok_or(io::ErrorKind::QuotaExceeded)?;
            // A delivery is a small packet that must not wait for the next one.
            stream.set_nodelay(true)?;
            let connection = Connection::default();
            let service = Extension(connection.clone()).layer(service);
            Ok((Timed::new(stream, connection, admitted, self.idle, self.stalled), service))
        };
        ready(accept())
    }
}
