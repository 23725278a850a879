//! What an authenticated connection costs that says nothing.

use anyhow::Result;

use crate::{account::Person, load, process::Relay};

/// KiB of the relay's resident memory for each of `count` connections.
pub(crate) async fn run(relay: &Relay, people: &[Person], count: usize) -> Result<f64> {
    let before = relay.resident_kib()?;
    let mut sockets = Vec::with_capacity(count);
    for n in 0..count {
        sockets.push(load::open(relay, &people[n % people.len()]).await?);
    }
    Ok((relay.resident_kib()? - before) / count as f64)
}
