//! What can be set, and where it may be said: on the command line, in the environment, in a TOML file, in that order.

mod limits;
mod net;
mod options;

use std::{
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use thiserror::Error;

pub use limits::Limits;
pub use net::Net;
pub(crate) use net::{Address, Counted};
pub use options::{
    AdminCommand, BackUp, Command, DatabaseUrl, LogFormat, MigrateStore, Options, ResetAccount, Restore, ServeOptions,
    Where,
};

use crate::store::{Millis, PostgresUrl};

/// Everything that `serve` needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub database: Database,
    /// Where the OPAQUE key lies; `None` makes a new one that is lost at the end (tests, with `Database::Memory`).
    pub data: Option<PathBuf>,
    pub tls: Option<Tls>,
    /// Without a trailing slash; `None` is `https://localhost:PORT`, or `http://` without TLS.
    pub public_url: Option<String>,
    pub registration_open: bool,
    /// A folder to serve the site from instead of the one inside the binary.
    pub site: Option<PathBuf>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Net>,
    pub limits: Limits,
    pub clock: Clock,
}

#[derive(Debug, Clone)]
pub enum Database {
    Memory,
    Sqlite(PathBuf),
    Postgres(PostgresUrl),
}

#[derive(Debug, Clone)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// The time, from outside, so that tests need not wait.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Millis + Send + Sync>);

/// Why the relay cannot start: a sentence with the cause and the cure.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Config {
    /// In memory, on the defaults: what tests begin with.
    pub fn in_memory() -> Self {
        Self {
            database: Database::Memory,
            data: None,
            tls: None,
            public_url: None,
            registration_open: true,
            site: None,
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }

    /// Whether the relay may start so. Plain HTTP leaves the machine only through a proxy that adds TLS: the browser's keys hang on an unaltered page.
    pub fn check(&self, listen: SocketAddr) -> Result<(), ConfigError> {
        if self.tls.is_none() && !listen.ip().is_loopback() {
            return Err(ConfigError(format!(
                "without --tls-cert and --tls-key the relay listens on a loopback address only, and {} is none. Give it a \
                 certificate, or listen on 127.0.0.1 behind a proxy that speaks TLS.",
                listen.ip()
            )));
        }
        let Limits { anew_wait_seconds: wait, anew_seconds: kept, .. } = self.limits;
        if kept <= wait {
            return Err(ConfigError(format!(
                "requests to start an account anew are forgotten after {kept} seconds (anew_seconds), before the {wait} \
                 that they wait (anew_wait_seconds) are over, so that nobody could start anew. Raise anew_seconds above \
                 anew_wait_seconds.",
            )));
        }
        Ok(())
    }
}

impl Clock {
    pub fn new(now: impl Fn() -> Millis + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
        })
    }

    pub fn now(&self) -> Millis {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_forgotten_before_its_wait_is_over_would_be_of_no_use() {
        let checked = |kept| {
            let mut config = Config::in_memory();
            (config.limits.anew_wait_seconds, config.limits.anew_seconds) = (3600, kept);
            config.check(SocketAddr::from(([127, 0, 0, 1], 0)))
        };
        assert!(checked(3601).is_ok());
        for kept in [0, 3600] {
            assert!(checked(kept).is_err_and(|error| error.0.contains("anew_wait_seconds")));
        }
    }
}
