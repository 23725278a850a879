//! The relay. It stores sealed messages, wrapped keys and public keys, delivers them, and serves the pages. It is not built
//! with any code that could open a message.
//!
//! [`serve`] is the whole of it on a listener; `main.rs` only reads the options.

mod admin;
mod api;
mod app;
mod config;
mod count;
mod files;
mod http;
mod listen;
mod login;
mod opaque;
mod origin;
mod random;
mod rate;
mod relay;
mod router;
mod serve;
mod site;
mod store;

pub use admin::{admin, reset_account};
pub use config::{
    AdminCommand, BackUp, Clock, Command, Config, ConfigError, Database, DatabaseUrl, Limits, LogFormat, MigrateStore,
    Net, Options, ResetAccount, Restore, ServeOptions, Tls, Where,
};
pub use serve::serve;
pub use store::PostgresUrl;
