use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use signet::{Clock, Config, ConfigError, Database, serve};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{Browser, Person, soon};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Sqlite,
}

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    clock: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ConfigError>>,
    folder: TempDir,
}

impl Relay {
    pub(crate) async fn start(store: Store) -> Self {
        Self::with(store, |_| {}).await
    }

    pub(crate) async fn with(store: Store, tweak: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_memory();
        if store == Store::Sqlite {
            config.database = Database::Sqlite(folder.path().join("signet.db"));
            config.data = Some(folder.path().to_owned());
        }
        // Every relay has its own time, which stands still until a test moves it.
        let clock = Arc::new(AtomicU64::new(1_700_000_000_000));
        let hand = clock.clone();
        config.clock = Clock::new(move || hand.load(Ordering::SeqCst));
        // People are many in these tests, and all come from one address; `limits.rs` tests the defaults.
        config.limits.register_per_address_hour = 1000;
        tweak(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(config, listener, async {
            stopped.await.ok();
        }));
        Self { address, clock, stop: Some(stop), task, folder }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, self.origin())
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        Person::register(self.browser(), name).await
    }

    pub(crate) fn pass(&self, milliseconds: u64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Says that it shall stop, and goes on.
    pub(crate) fn begin_stop(&mut self) {
        self.stop.take().unwrap().send(()).ok();
    }

    pub(crate) async fn stopped(self) -> TempDir {
        soon(self.task).await.unwrap().unwrap();
        self.folder
    }

    pub(crate) async fn stop(mut self) -> TempDir {
        self.begin_stop();
        self.stopped().await
    }
}
