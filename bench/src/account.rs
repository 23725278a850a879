//! Accounts, made as a browser makes them: OPAQUE with its key stretching. What only clients check (the keys in the
//! statement, the sealed keystore) is filled with random bytes, which cost the relay the same.

use std::str::FromStr;

use anyhow::{Context, Result, bail};
use getrandom::SysRng;
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use rand_core::{Rng, UnwrapErr};
use signet_crypto::Registration;
use signet_shared::{
    AccountId, StatementHash, Username,
    api::{self, Access, Body, RegisterFinish, RegisterStart, RegisterStarted},
    opaque::KdfProfile,
    statement::{SignedStatement, StatedEk, Statement},
};
use tokio::net::TcpStream;

use crate::process::Relay;

#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) cookie: String,
}

pub(crate) async fn make(relay: &Relay, count: usize) -> Result<Vec<Person>> {
    let mut people = Vec::with_capacity(count);
    for n in 0..count {
        people.push(register(relay, &format!("bench_{n}")).await.with_context(|| format!("account {n}"))?);
    }
    Ok(people)
}

async fn register(relay: &Relay, name: &str) -> Result<Person> {
    let mut rng = UnwrapErr(SysRng);
    let username = Username::from_str(name)?;
    let (password, first) = Registration::start(b"correct horse battery staple", &mut rng)?;
    let (recovery, second) = Registration::start(b"another long secret entirely", &mut rng)?;
    let start = RegisterStart { username: username.clone(), password: first, recovery: second };
    let (answer, _) = post(relay, api::REGISTER_START, start.to_bytes()).await?;
    let started = RegisterStarted::parse(&answer)?;
    let (password, _) = password.finish(&started.password, KdfProfile::NEWEST, &mut rng)?;
    let (recovery, _) = recovery.finish(&started.recovery, KdfProfile::NEWEST, &mut rng)?;

    let statement = statement(&username, &mut rng);
    let account = statement.statement.account_id;
    let finish = RegisterFinish {
        username,
        account_id: account,
        profile: KdfProfile::NEWEST,
        password: Access { record: password, slot: random(&mut rng, 337) },
        recovery: Access { record: recovery, slot: random(&mut rng, 337) },
        statement: statement.to_bytes(),
        keystore: random(&mut rng, 3800),
        state: random(&mut rng, 350),
    };
    let (_, cookie) = post(relay, api::REGISTER_FINISH, finish.to_bytes()).await?;
    Ok(Person { account, cookie: cookie.context("the relay set no cookie")? })
}

fn statement(username: &Username, rng: &mut impl Rng) -> SignedStatement {
    let mut nonce = [0; 32];
    rng.fill_bytes(&mut nonce);
    let mut statement = Statement {
        account_id: AccountId([0; 16]),
        username: username.clone(),
        nonce,
        seq: 1,
        prev: StatementHash([0; 32]),
        flags: 0,
        min_suite: 1,
        ik_spki: random(rng, 422),
        eks: vec![StatedEk { suite: 1, not_after: 0, spki: random(rng, 422) }],
    };
    statement.account_id = statement.derive_account_id();
    SignedStatement { statement, sig: random(rng, 384), old_sig: Vec::new() }
}

fn random(rng: &mut impl Rng, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// As the relay's own page asks.
pub(crate) fn request(origin: &str, path: &str, body: Vec<u8>) -> Result<Request<Full<Bytes>>> {
    let request = Request::post(path)
        .header("host", origin.trim_start_matches("http://"))
        .header("origin", origin)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/octet-stream");
    Ok(request.body(Full::new(Bytes::from(body)))?)
}

/// The answer's body, and the session cookie if one was set.
async fn post(relay: &Relay, path: &str, body: Vec<u8>) -> Result<(Bytes, Option<String>)> {
    let stream = TcpStream::connect(relay.address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let serving = tokio::spawn(connection);
    let answer = sender.send_request(request(&relay.origin(), path, body)?).await?;
    let status = answer.status();
    let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
    let cookie = cookie.and_then(|value| value.split(';').next()).map(str::to_owned);
    let body = answer.into_body().collect().await?.to_bytes();
    serving.abort();
    if !status.is_success() {
        bail!("{path} was answered with {status}: {}", String::from_utf8_lossy(&body));
    }
    Ok((body, cookie))
}
