use std::{convert::Infallible, env, fmt, fs, net::SocketAddr, path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

use super::{Clock, Config, ConfigError, Database, Limits, Net, Tls};

/// Signet: an end-to-end encrypted messenger for browsers. This program is its relay. It stores sealed messages, wrapped
/// keys and public keys, delivers them, and serves the pages; it has no code that could open a message.
#[derive(Debug, Parser)]
#[command(name = "signet", version, max_term_width = 100)]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the relay
    #[command(after_help = Limits::help())]
    Serve(ServeOptions),
    /// Look after the accounts of a relay, whether or not it is running
    #[command(subcommand)]
    Admin(AdminCommand),
}

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Print a one-time code, by which whoever has lost both password and recovery key can ask to start anew under the
    /// same name
    ResetAccount(ResetAccount),
    /// Copy everything that a relay on SQLite stores into one file, whether or not it is running
    Backup(BackUp),
    /// Put such a copy into an empty folder, on this machine or another
    Restore(Restore),
    /// Move everything that a relay on SQLite stores to PostgreSQL. The relay is stopped for it
    MigrateStore(MigrateStore),
}

/// All of it is moved in one transaction, counted and checked, or nothing. The old database is kept and marked, so that no relay
/// goes on with it by mistake.
#[derive(Debug, Args)]
pub struct MigrateStore {
    /// The database to move to, empty: postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full
    #[arg(long, env = "SIGNET_MIGRATE_TO", value_name = "URL", hide_env_values = true)]
    pub to: DatabaseUrl,

    #[command(flatten)]
    pub at: Where,
}

/// The file holds accounts, messages and the login key, as of one moment, and is checked before it gets its name. It is
/// readable by its owner alone.
#[derive(Debug, Args)]
pub struct BackUp {
    /// The file to make
    pub file: PathBuf,

    #[command(flatten)]
    pub at: Where,
}

/// Nothing is written over. The relay is then started on the folder, under the same --public-url as before.
#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `signet admin backup` made
    pub file: PathBuf,

    #[command(flatten)]
    pub at: Where,
}

/// The code replaces an earlier one. Whoever enters it on the page "Use recovery key" has only asked: every browser that is
/// signed in to the account is told and can refuse, and nothing changes before `anew_wait_seconds` (72 hours) have passed.
/// Give it to nobody but the person whose account it is, in a way that nobody else reads.
#[derive(Debug, Args)]
pub struct ResetAccount {
    /// The account's username
    pub name: String,

    /// Hours for which the code is good
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    pub valid: u32,

    #[command(flatten)]
    pub at: Where,
}

/// Where a relay keeps what it keeps.
#[derive(Debug, Default, Clone, Args)]
pub struct Where {
    /// The relay's folder [default: ./data]
    #[arg(long, env = "SIGNET_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Its database, `sqlite:FILE` or `postgres://...` [default: sqlite:DATA/signet.db]
    #[arg(long, env = "SIGNET_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
}

impl Where {
    /// The folder, and the database.
    pub fn places(self) -> Result<(PathBuf, Database), ConfigError> {
        let data = self.data.unwrap_or_else(|| "data".into());
        let database = match self.database_url {
            None => Database::Sqlite(data.join("signet.db")),
            Some(url) => url.database()?,
        };
        Ok((data, database))
    }
}

/// A database as it was named. It may hold a password, so that it is shown nowhere.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    pub fn database(&self) -> Result<Database, ConfigError> {
        match self.0.split_once(':') {
            Some(("sqlite", file)) if !file.trim_start_matches('/').is_empty() => {
                Ok(Database::Sqlite(file.strip_prefix("//").unwrap_or(file).into()))
            }
            Some(("postgres" | "postgresql", _)) => Ok(Database::Postgres(self.0.parse()?)),
            _ => Err(ConfigError(
                "--database-url is not understood: it is sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME.".into(),
            )),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("DatabaseUrl(..)")
    }
}

/// Each option may also be given as the environment variable shown beside it, or as a key of the same name in the file of
/// --config. The command line goes first, then the environment, then the file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeOptions {
    /// Address and port to listen on [default: 127.0.0.1:8443]
    #[arg(long, env = "SIGNET_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// Folder for the database and the login key; made if it is not there. Back it up whole [default: ./data]
    #[arg(long, env = "SIGNET_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Certificate chain, PEM. Without it the relay speaks plain HTTP, on loopback addresses only
    #[arg(long, env = "SIGNET_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key, PEM
    #[arg(long, env = "SIGNET_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Database: `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/NAME?sslmode=verify-full`. Whoever can list processes sees
    /// a password on the command line; in the environment or the file he does not [default: sqlite:DATA/signet.db]
    #[arg(long, env = "SIGNET_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,

    /// The address that people type, when it is not https://localhost:PORT. Logins are bound to it, so pages opened at
    /// another address cannot sign in
    #[arg(long, env = "SIGNET_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Whether new accounts can be made [default: open]
    #[arg(long, env = "SIGNET_REGISTRATION")]
    pub registration: Option<Registration>,

    /// A proxy, or a range of them, whose X-Forwarded-For tells the client's address; may be repeated. Without it only the
    /// peer's own address counts
    #[arg(long, env = "SIGNET_TRUSTED_PROXY", value_name = "IP[/BITS]", value_delimiter = ',')]
    #[serde(default)]
    pub trusted_proxy: Vec<Net>,

    /// Serve the site from this folder instead of the one inside the program (for development)
    #[arg(long, env = "SIGNET_SITE", value_name = "DIR")]
    pub site: Option<PathBuf>,

    /// How log lines look [default: text]. RUST_LOG chooses how many (`info` by default)
    #[arg(long, env = "SIGNET_LOG")]
    pub log: Option<LogFormat>,

    /// A TOML file with any of these options and a table [limits]
    #[arg(long, env = "SIGNET_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    #[arg(skip)]
    pub limits: Option<toml::Table>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    Open,
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl ServeOptions {
    /// Adds what the file of `--config` says to what was given otherwise.
    pub fn with_file(self) -> Result<Self, ConfigError> {
        let Some(path) = &self.config else { return Ok(self) };
        let trouble =
            |error: &dyn fmt::Display| ConfigError(format!("--config {} cannot be used: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|e| trouble(&e))?;
        let table: toml::Table = toml::from_str(&text).map_err(|e| trouble(&e))?;
        // `tls-cert` and `tls_cert` are the same key.
        let table: toml::Table = table.into_iter().map(|(key, value)| (key.replace('-', "_"), value)).collect();
        let file: Self = table.try_into().map_err(|e| trouble(&e))?;
        Ok(self.over(file))
    }

    fn over(self, file: Self) -> Self {
        Self {
            listen: self.listen.or(file.listen),
            data: self.data.or(file.data),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            database_url: self.database_url.or(file.database_url),
            public_url: self.public_url.or(file.public_url),
            registration: self.registration.or(file.registration),
            trusted_proxy: if self.trusted_proxy.is_empty() { file.trusted_proxy } else { self.trusted_proxy },
            site: self.site.or(file.site),
            log: self.log.or(file.log),
            config: self.config,
            limits: file.limits,
        }
    }

    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8443)))
    }

    pub fn log(&self) -> LogFormat {
        self.log.unwrap_or(LogFormat::Text)
    }

    pub fn config(self) -> Result<Config, ConfigError> {
        let (data, database) = Where { data: self.data, database_url: self.database_url }.places()?;
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Some(Tls { cert, key }),
            (None, None) => None,
            (Some(_), None) => return Err(ConfigError("--tls-cert needs --tls-key beside it.".into())),
            (None, Some(_)) => return Err(ConfigError("--tls-key needs --tls-cert beside it.".into())),
        };
        let config = Config {
            database,
            data: Some(data),
            tls,
            public_url: self.public_url,
            registration_open: self.registration != Some(Registration::Closed),
            site: self.site,
            trusted_proxies: self.trusted_proxy,
            limits: Limits::read(self.limits.as_ref(), |name| env::var(name).ok())?,
            clock: Clock::system(),
        };
        config.check(self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8443))))?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> ServeOptions {
        let all = ["signet", "serve"].iter().chain(words);
        let Command::Serve(options) = Options::try_parse_from(all).unwrap().command else { panic!("not serve") };
        options
    }

    #[test]
    fn every_option_is_also_a_key_of_the_file_and_the_command_line_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signet.toml");
        let text = "listen = '127.0.0.1:1'\ndata = 'd'\ntls-cert = 'c'\ntls_key = 'k'\ndatabase-url = 'sqlite:x.db'\n\
                    public-url = 'https://a.example'\nregistration = 'closed'\ntrusted-proxy = ['10.0.0.0/8']\n\
                    site = 's'\nlog = 'json'\n[limits]\nlogin_per_day = 3\n";
        fs::write(&path, text).unwrap();
        let options = parse(&["--listen", "127.0.0.1:2", "--config", path.to_str().unwrap()]).with_file().unwrap();
        assert_eq!((options.listen(), options.log()), (SocketAddr::from(([127, 0, 0, 1], 2)), LogFormat::Json));
        let config = options.config().unwrap();
        assert!(!config.registration_open);
        assert_eq!(config.limits.login_per_day, 3);
        assert_eq!(config.public_url.as_deref(), Some("https://a.example"));
        assert_eq!(config.trusted_proxies.len(), 1);
        assert!(matches!(config.database, Database::Sqlite(file) if file.as_os_str() == "x.db"));

        fs::write(&path, "listne = 1").unwrap();
        let error = parse(&["--config", path.to_str().unwrap()]).with_file().unwrap_err().to_string();
        assert!(error.contains("listne"), "{error}");
    }

    #[test]
    fn what_cannot_be_is_said_clearly() {
        let said = |words: &[&str]| parse(words).config().unwrap_err().to_string();
        for url in ["mysql://ann:s3cret@db/signet", "ann:s3cret@db", "sqlite:", "postgres://ann:s3cret@db:port/signet"]
        {
            let said = said(&["--database-url", url]);
            assert!(said.contains("postgres://USER") && !said.contains("s3cret"), "{said}");
        }
        let named = parse(&["--database-url", "postgres://ann:s3cret@db/signet"]);
        assert!(!format!("{named:?}").contains("s3cret"));
        let config = named.config().unwrap();
        assert!(matches!(config.database, Database::Postgres(_)) && !format!("{config:?}").contains("s3cret"));
        assert!(said(&["--tls-cert", "c.pem"]).contains("--tls-key"));
        assert!(said(&["--listen", "0.0.0.0:8443"]).contains("loopback"));
        assert!(parse(&["--listen", "[::1]:8443"]).config().is_ok());
        let both = ["--listen", "0.0.0.0:8443", "--tls-cert", "c.pem", "--tls-key", "k.pem"];
        assert!(parse(&both).config().is_ok());
    }

    #[test]
    fn the_help_is_well_formed() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }
}
