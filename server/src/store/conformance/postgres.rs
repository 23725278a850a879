//! What is only true of PostgreSQL.

use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{super::Upkeep, *};

async fn fixture() -> (Fixture, signet_services::Lease) {
    let (heard, database) = (Arc::<Heard>::default(), signet_services::Lease::take().unwrap());
    let store = Postgres::open(&database.url().parse().unwrap(), heard.clone()).await.unwrap();
    (Fixture { store: Arc::new(store), heard, kept: Kept::Nothing }.peopled().await, database)
}
