//! Whether the time of a login's first step tells if anybody has the name: dudect, from outside, on the built relay.

use std::{path::Path, str::FromStr, time::Instant};

use anyhow::{Result, bail};
use getrandom::SysRng;
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rand_core::UnwrapErr;
use signet_crypto::{
    Login,
    self_test::dudect::{Sample, Verdict},
};
use signet_shared::{
    Username,
    api::{self, Body, LoginStart},
    opaque::SecretKind,
};
use tokio::net::TcpStream;

use crate::{account, process::Relay};

/// Accounts that there are, and as many names that nobody has.
const NAMES: usize = 16;
/// At a time: each waits for its answer most of the time.
const CONNECTIONS: usize = 32;

/// The control is a relay that answers as soon as it can.
pub(crate) async fn run(program: &Path, samples: usize) -> Result<()> {
    let control = Verdict::of(&measure(program, samples / 10, &[("LOGIN_ANSWER_MS", "0")]).await?);
    println!("{}", control.line("control: a relay that answers at once, a name that somebody has or nobody"));
    let held = Verdict::of(&measure(program, samples, &[]).await?);
    println!("{}", held.line("the first step of a login, a name that somebody has or nobody"));
    if !control.tells() {
        println!("The control was not noticed: this run shows nothing.");
    }
    if held.tells() {
        bail!("the time of the answer tells whether anybody has a name");
    }
    Ok(())
}

async fn measure(program: &Path, samples: usize, limits: &[(&str, &str)]) -> Result<Vec<Sample>> {
    let relay = Relay::start(program, limits).await?;
    account::make(&relay, NAMES).await?;
    let asking: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(ask(relay.address(), relay.origin(), samples / CONNECTIONS))).collect();
    let mut all = Vec::with_capacity(samples);
    for asked in asking {
        all.extend(asked.await??);
    }
    Ok(all)
}

async fn ask(address: String, origin: String, samples: usize) -> Result<Vec<Sample>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
    tokio::spawn(connection);
    let (_, ke1) = Login::start(b"correct horse battery staple", &mut UnwrapErr(SysRng))?;
    let mut taken = Vec::with_capacity(samples);
    for _ in 0..samples {
        let (class, n) = (rand::random(), rand::random_range(0..NAMES));
        // Of the same length.
        let name = format!("{}_{n}", if class { "bench" } else { "nobod" });
        let start = LoginStart { username: Username::from_str(&name)?, kind: SecretKind::Password, ke1: ke1.clone() };
        let request = account::request(&origin, api::LOGIN_START, start.to_bytes())?;
        let start = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        taken.push((class, start.elapsed().as_nanos() as f64));
        if !status.is_success() {
            bail!("the first step of a login was answered with {status}");
        }
    }
    Ok(taken)
}
