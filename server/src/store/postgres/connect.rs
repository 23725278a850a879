//! The database behind an address: how every connection to it is made, and its tables.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool, SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use crate::config::ConfigError;

/// Connections for what is read and for changes, beside the one that messages are written through. Each costs the database
/// a process, and none is held for longer than a request needs it.
const POOL: u32 = 16;
/// For a connection to be made, apart from a server that is not there.
const CONNECT: Duration = Duration::from_secs(10);

const MIGRATIONS: [(i64, &str, &str); 4] = [
    (1, "accounts and mailboxes", include_str!("../../../../migrations/postgres/0001_accounts_and_mailboxes.sql")),
    (
        2,
        "replacing secrets and listing sessions",
        include_str!("../../../../migrations/postgres/0002_replacing_secrets_and_listing_sessions.sql"),
    ),
    (3, "starting anew", include_str!("../../../../migrations/postgres/0003_starting_anew.sql")),
    (4, "who asked to start anew", include_str!("../../../../migrations/postgres/0004_who_asked_to_start_anew.sql")),
];

/// A database's address. It may hold a password, so that it is never shown: `Display` and `Debug` name the server only.
#[derive(Clone)]
pub struct PostgresUrl(Arc<PgConnectOptions>);

impl PostgresUrl {
    /// What the address may say beside user, password, server and database.
    const KEYS: [&str; 16] = [
        "application_name",
        "dbname",
        "host",
        "hostaddr",
        "options",
        "password",
        "port",
        "ssl-ca",
        "ssl-cert",
        "ssl-key",
        "ssl-mode",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "user",
    ];

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.0
    }
}

impl FromStr for PostgresUrl {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        const SHAPE: &str = "postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?sslmode=verify-full]";
        // Before it is read: whoever reads it would log what it does not know, and that may be a slip in `password`.
        let query = text.split_once('?').map_or("", |(_, query)| query);
        for key in query.split('&').filter_map(|pair| pair.split('=').next()).filter(|key| !key.is_empty()) {
            if !Self::KEYS.contains(&key) && !key.starts_with("options[") {
                return Err(ConfigError(format!("--database-url has no parameter {key}. Its form is {SHAPE}.")));
            }
        }
        // What is wrong with it is not said: the sentence could repeat a part of the password.
        let options = PgConnectOptions::from_str(text);
        let options = options.map_err(|_| ConfigError(format!("--database-url is no address of the form {SHAPE}.")))?;
        let options =
            if options.get_application_name().is_none() { options.application_name("signet") } else { options };
        Ok(Self(Arc::new(options.disable_statement_logging())))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(options) = self;
        write!(f, "{} of PostgreSQL at ", options.get_database().unwrap_or(options.get_username()))?;
        match options.get_socket() {
            Some(socket) => write!(f, "{}", socket.display()),
            None => write!(f, "{}:{}", options.get_host(), options.get_port()),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

/// A pool whose every connection is as [`settle`] leaves it. Whoever asks waits as long as the patience goes, for instance
/// while the database restarts.
pub(super) async fn pool(url: &PostgresUrl, patience: Duration) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(POOL)
        .acquire_timeout(patience)
        .idle_timeout(Duration::from_secs(600))
        .after_connect(|connection, _| Box::pin(settle(connection)))
        .connect_with(url.options().clone())
        .await
}

/// The connection that messages are written through.
pub(super) async fn writer(url: &PostgresUrl) -> Result<PgConnection, sqlx::Error> {
    let connect = async {
        let mut connection = url.options().connect().await?;
        settle(&mut connection).await?;
        Ok(connection)
    };
    tokio::time::timeout(CONNECT, connect).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// What the relay relies on, whatever the database, the user or the address say otherwise. `on`: a commit is answered when
/// its log is on disk, and on the standby's if there is a synchronous one; only `remote_apply` promises more. And all that is
/// asked looks up rows by keys, in tables that may be large: no statistics, however old, are to choose otherwise, and no
/// plan is made twice: with 32 parts of three tables that takes longer than what it is for.
async fn settle(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settled = sqlx::query(
        "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
         WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false), \
         set_config('default_transaction_isolation', 'read committed', false), \
         set_config('statement_timeout', '120s', false), set_config('lock_timeout', '20s', false), \
         set_config('idle_in_transaction_session_timeout', '20s', false), \
         set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false), \
         set_config('plan_cache_mode', 'force_generic_plan', false)",
    );
    settled.execute(connection).await?;
    Ok(())
}

/// Brings the tables up to date, under the database's own lock: several nodes may start at once. Every step only adds, so
/// that a node of an older release works on a newer database.
pub(super) async fn migrate(url: &PostgresUrl) -> Result<(), sqlx::Error> {
    let mut connection = url.options().connect().await?;
    let steps = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(steps.to_vec());
    migrator.set_ignore_missing(true);
    let done = migrator.run_direct(None, &mut connection, false).await;
    // With the connection goes the lock.
    connection.close().await?;
    Ok(done?)
}

/// What the server must be for a commit to mean that nothing is lost.
pub(super) async fn examine(pool: &PgPool, url: &PostgresUrl) -> Result<(), ConfigError> {
    let trouble = |error: sqlx::Error| ConfigError(format!("the database {url} cannot be read: {error}"));
    let settings = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, current_setting('fsync') = 'on', \
         current_setting('full_page_writes') = 'on'",
    );
    let (version, fsync, whole): (i32, bool, bool) = settings.fetch_one(pool).await.map_err(trouble)?;
    if version < 130_000 {
        return Err(ConfigError(format!(
            "the database {url} is of version {}; this relay needs PostgreSQL 13 or newer.",
            version / 10_000
        )));
    }
    if !fsync || !whole {
        return Err(ConfigError(format!(
            "the database {url} runs with `fsync` or `full_page_writes` off, so that a power cut loses messages that the \
             relay has acknowledged. Turn them on."
        )));
    }
    Ok(())
}

/// Whether what goes to the database can be read on the way.
pub(super) fn is_in_the_open(url: &PostgresUrl) -> bool {
    let options = url.options();
    let local = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&options.get_host());
    let sealed = matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    options.get_socket().is_none() && !local && !sealed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_commit_is_synced_whatever_the_address_says() {
        let lease = signet_services::Lease::take().unwrap();
        for (asked, had) in [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")] {
            let url = format!("{}&options=-c%20synchronous_commit%3D{asked}", lease.url()).parse().unwrap();
            let (pool, mut writer) = (pool(&url, CONNECT).await.unwrap(), writer(&url).await.unwrap());
            examine(&pool, &url).await.unwrap();
            let settings = "SELECT current_setting('synchronous_commit') || current_setting('transaction_isolation')";
            let found: String = sqlx::query_scalar(settings).fetch_one(&pool).await.unwrap();
            assert_eq!(found, format!("{had}read committed"), "{asked}");
            let found: String = sqlx::query_scalar(settings).fetch_one(&mut writer).await.unwrap();
            assert_eq!(found, format!("{had}read committed"), "{asked}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        for text in [
            "postgres://ann:s3cret@db.example:6432/signet",
            "postgresql://db.example:6432/signet?user=ann&password=s3cret&sslmode=verify-full",
        ] {
            let url: PostgresUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), "signet of PostgreSQL at db.example:6432");
            assert!(!format!("{url:?}").contains("s3cret"));
        }
        for text in ["postgres://ann:s3cret@[db/signet", "postgres://ann:s3cret@db/signet?sslmode=s3cret"] {
            let said = text.parse::<PostgresUrl>().unwrap_err().to_string();
            assert!(said.contains("postgres://USER") && !said.contains("s3cret"), "{said}");
        }
        let said = "postgres://db/signet?passwort=s3cret".parse::<PostgresUrl>().unwrap_err().to_string();
        assert!(said.contains("passwort") && !said.contains("s3cret"), "{said}");
    }

    #[test]
    fn only_what_leaves_the_machine_unsealed_is_in_the_open() {
        let open = |text: &str| is_in_the_open(&text.parse().unwrap());
        assert!(open("postgres://db.example/signet") && open("postgres://db.example/signet?sslmode=disable"));
        assert!(!open("postgres://db.example/signet?sslmode=verify-full"));
        assert!(!open("postgres://localhost/signet") && !open("postgres:///signet?host=/run/postgresql"));
    }
}
