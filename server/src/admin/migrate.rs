//! From SQLite to PostgreSQL.

use crate::{
    config::{ConfigError, Database, MigrateStore},
    files::Claim,
    store::Postgres,
};

pub(super) async fn migrate(options: MigrateStore) -> Result<String, ConfigError> {
    let MigrateStore { to, at } = options;
    let Database::Postgres(to) = to.database()? else {
        return Err(ConfigError("--to names a database of PostgreSQL, as postgres://USER:PASSWORD@HOST/NAME.".into()));
    };
    let (data, from) = at.places()?;
    let Database::Sqlite(file) = &from else {
        return Err(ConfigError("only from SQLite can be moved: --database-url is sqlite:FILE, or left out.".into()));
    };
    if !file.exists() {
        return Err(super::no_database(file));
    }
    // No relay is running on it, and none starts meanwhile.
    let _claim = Claim::of(Some(&data), &from)?;
    let (accounts, messages) = Postgres::take_over(file, &to).await?;
    Ok(format!(
        "{accounts} accounts and {messages} messages are in {to}. Start the relay with --database-url and the same --data, where \
         its login key lies. {} is kept, and no relay starts on it any more.",
        file.display()
    ))
}
