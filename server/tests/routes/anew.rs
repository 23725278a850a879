//! Starting anew: who may ask, who is told, who refuses, what it ends and what it leaves.

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse,
};
use signet::{ResetAccount, Where, reset_account};
use signet_shared::{
    api::{
        self, Access, AnewAsk, AnewClaim, AnewFinish, AnewRefuse, AnewStand, AnewStart, AnewStarted, Body,
        EarlierStart, EarlierStarted, EarlierVault, LoginFinish, Lookup, Statements, Vault, Who,
    },
    code::OneTimeCode,
    opaque::{KdfProfile, SecretKind, context},
    statement::SignedStatement,
    wire::{AnewAsked, ClientFrame, Refusal, ServerFrame, close},
};

use crate::common::{
    Browser, Relay, Socket, Store, both,
    person::{Person, Suite, SystemRng, login, login_begin, password, recovery},
};

const HOUR: u64 = 3600 * 1000;
const START: u64 = 1_700_000_000_000;

async fn stand(browser: &mut Browser, claim: u8) -> Result<AnewStand, Refusal> {
    browser.ask(api::ANEW_LOOK, &AnewClaim { claim: [claim; 32] }).await
}

async fn ask_here(browser: &mut Browser, claim: u8) -> Result<AnewStand, Refusal> {
    browser.ask(api::ANEW_ASK_HERE, &AnewClaim { claim: [claim; 32] }).await
}

async fn by_code(browser: &mut Browser, name: &str, code: &str, claim: u8) -> Result<AnewStand, Refusal> {
    let code = OneTimeCode::parse(code).unwrap().0;
    browser.ask(api::ANEW_ASK, &AnewAsk { username: name.parse().unwrap(), code, claim: [claim; 32] }).await
}

async fn refuse(browser: &mut Browser, id: [u8; 16]) -> Option<Refusal> {
    browser.post(api::ANEW_REFUSE, AnewRefuse { id }.to_bytes()).await.refusal()
}

/// Registers two new secrets and makes everything of the new identity, so to speak.
pub(crate) async fn prepared(browser: &mut Browser, claim: u8, secret: &str) -> Result<AnewFinish, Refusal> {
    let secrets = [format!("{secret} password"), format!("{secret} key")];
    let starts =
        secrets.each_ref().map(|secret| ClientRegistration::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap());
    let start = AnewStart {
        claim: [claim; 32],
        password: starts[0].message.serialize().to_vec(),
        recovery: starts[1].message.serialize().to_vec(),
    };
    let started: AnewStarted = browser.ask(api::ANEW_START, &start).await?;
    let answers = [started.password, started.recovery];
    let access: Vec<Access> = starts
        .into_iter()
        .zip(&secrets)
        .zip(answers)
        .map(|((start, secret), answer)| {
            let answer = RegistrationResponse::deserialize(&answer).unwrap();
            let parameters = ClientRegistrationFinishParameters::default();
            let finished = start.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters).unwrap();
            Access { record: finished.message.serialize().to_vec(), slot: format!("slot of {secret}").into() }
        })
        .collect();
    let mut next = SignedStatement::parse(started.statements.last().unwrap()).unwrap();
    next.statement.prev = next.statement.hash();
    next.statement.seq += 1;
    next.statement.ik_spki = format!("identity of {secret}").into();
    Ok(AnewFinish {
        claim: [claim; 32],
        profile: KdfProfile::One,
        password: access[0].clone(),
        recovery: access[1].clone(),
        statement: next.to_bytes(),
        keystore_version: started.keystore_version + 1,
        keystore: format!("keystore of {secret}").into(),
        state_version: started.state_version + 1000,
        state: format!("state of {secret}").into(),
    })
}

async fn finish(browser: &mut Browser, finish: &AnewFinish) -> Result<Vault, Refusal> {
    browser.ask(api::ANEW_FINISH, finish).await
}

async fn earlier(browser: &mut Browser, seq: u64, kind: SecretKind, secret: &str) -> Result<EarlierVault, Refusal> {
    let begun = ClientLogin::<Suite>::start(&mut SystemRng, secret.as_bytes()).unwrap();
    let start = EarlierStart { seq, kind, ke1: begun.message.serialize().to_vec() };
    let started: EarlierStarted = browser.ask(api::EARLIER_START, &start).await?;
    let context = context(KdfProfile::One, &browser.origin);
    let answer = CredentialResponse::deserialize(&started.ke2).unwrap();
    let parameters = ClientLoginFinishParameters::new(Some(&context), Identifiers::default(), None);
    let finished = begun.state.finish(&mut SystemRng, secret.as_bytes(), answer, parameters);
    let finished = finished.map_err(|_| Refusal::LoginFailed)?;
    let ke3 = finished.message.serialize().to_vec();
    browser.ask(api::EARLIER_FINISH, &LoginFinish { login_id: started.login_id, ke3 }).await
}

async fn told(socket: &mut Socket) -> Option<AnewAsked> {
    match socket.next().await {
        ServerFrame::Anew(asked) => asked,
        other => panic!("{other:?}"),
    }
}

/// As the operator makes it, beside the running relay.
async fn code(relay: &Relay, name: &str, now: u64) -> String {
    let at = Where { data: Some(relay.folder()), database_url: None };
    reset_account(ResetAccount { name: name.to_owned(), valid: 24, at }, now).await.unwrap()
}

both! {
    async fn a_session_asks_every_browser_is_told_and_after_the_wait_the_account_begins_anew(store) {
        let relay = Relay::start(store).await;
        let mut alice = relay.person("alice").await;
        let elsewhere = alice.elsewhere(relay.browser()).await;
        let (mut here, mut there) = (alice.live().await, elsewhere.live().await);
        assert_eq!(ask_here(&mut relay.browser(), 1).await, Err(Refusal::SignedOut));
        let left_ms = 72 * HOUR;
        assert_eq!(ask_here(&mut alice.browser, 1).await, Ok(AnewStand::Waiting { left_ms }));
        let asked = told(&mut here).await.expect("a request");
        assert_eq!((asked.asked_ms, asked.left_ms), (START, left_ms));
        assert_eq!(told(&mut there).await, Some(asked));

        // Whoever asked is known by the claim alone.
        let mut stranger = relay.browser();
        assert_eq!(stand(&mut stranger, 2).await, Err(Refusal::NotFound));
        assert_eq!(prepared(&mut stranger, 1, "new").await.err(), Some(Refusal::TooEarly));
        relay.pass(72 * HOUR - 1);
        assert_eq!(stand(&mut stranger, 1).await, Ok(AnewStand::Waiting { left_ms: 1 }));
        assert_eq!(prepared(&mut stranger, 1, "new").await.err(), Some(Refusal::TooEarly));
        // A browser that connects is told too.
        let mut late = alice.socket().await;
        late.say(&ClientFrame::Subscribe { after: 0 }).await;
        assert!(matches!(late.next().await, ServerFrame::Subscribed { .. }));
        assert_eq!(told(&mut late).await, Some(AnewAsked { left_ms: 1, ..asked }));
        relay.pass(1);
        assert_eq!(stand(&mut stranger, 1).await, Ok(AnewStand::Waiting { left_ms: 0 }));
        let new = prepared(&mut stranger, 1, "new").await.unwrap();

        let vault = finish(&mut stranger, &new).await.unwrap();
        assert_eq!((vault.account_id, vault.slot), (alice.account, b"slot of new password".to_vec()));
        assert_eq!((vault.keystore_version, vault.state_version, vault.statements.len()), (2, 1001, 2));
        for socket in [&mut here, &mut there, &mut late] {
            assert_eq!(socket.closed().await, close::SESSION_ENDED);
        }
        assert_eq!(alice.browser.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        assert_eq!(stranger.get(api::VAULT).await.refusal(), None);
        // No earlier secret signs in, and both new ones do.
        for (kind, secret) in [(SecretKind::Password, password("alice")), (SecretKind::RecoveryKey, recovery("alice"))] {
            let begun = login_begin(&mut relay.browser(), "alice", kind, &secret).await.unwrap();
            assert!(begun.finish(&secret, &relay.origin()).is_none());
        }
        for (kind, secret) in [(SecretKind::Password, "new password"), (SecretKind::RecoveryKey, "new key")] {
            let vault = login(&mut relay.browser(), "alice", kind, secret).await.unwrap();
            assert_eq!(vault.slot, format!("slot of {secret}").into_bytes());
        }
        // Others see the whole key log.
        let mut bob = relay.person("bob").await;
        let lookup = Lookup { who: Who::Name("alice".parse().unwrap()), after: 0 };
        let found: Statements = bob.browser.ask(api::LOOKUP, &lookup).await.unwrap();
        assert_eq!(found.statements.len(), 2);
        // Asked again because the answer was lost, it is answered, and ends nobody's session.
        let mut again = relay.browser();
        assert_eq!(finish(&mut again, &new).await.unwrap().account_id, alice.account);
        assert_eq!(stranger.get(api::VAULT).await.refusal(), None);
        assert_eq!(stand(&mut again, 1).await, Ok(AnewStand::Done));
        assert_eq!(prepared(&mut again, 1, "another").await.err(), Some(Refusal::NotFound));
        let mut other = new.clone();
        other.keystore.push(0);
        assert_eq!(finish(&mut again, &other).await.err(), Some(Refusal::NotFound));
    }

    async fn any_browser_refuses_until_the_last_step(store) {
        let relay = Relay::start(store).await;
        let mut alice = relay.person("alice").await;
        let mut elsewhere = alice.elsewhere(relay.browser()).await;
        let mut bob = relay.person("bob").await;
        let (mut here, mut there) = (alice.live().await, elsewhere.live().await);
        ask_here(&mut alice.browser, 1).await.unwrap();
        let asked = told(&mut here).await.unwrap();
        told(&mut there).await;
        relay.pass(72 * HOUR);
        let new = prepared(&mut relay.browser(), 1, "new").await.unwrap();
        assert_eq!(refuse(&mut relay.browser(), asked.id).await, Some(Refusal::SignedOut));
        assert_eq!(refuse(&mut bob.browser, asked.id).await, Some(Refusal::NotFound));
        assert_eq!(refuse(&mut elsewhere.browser, [9; 16]).await, Some(Refusal::NotFound));
        assert_eq!(refuse(&mut elsewhere.browser, asked.id).await, None);
        assert_eq!((told(&mut here).await, told(&mut there).await), (None, None));
        let mut stranger = relay.browser();
        assert_eq!(stand(&mut stranger, 1).await, Ok(AnewStand::Refused));
        assert_eq!(prepared(&mut stranger, 1, "new").await.err(), Some(Refusal::AnewRefused));
        assert_eq!(finish(&mut stranger, &new).await.err(), Some(Refusal::AnewRefused));
        assert_eq!(alice.browser.get(api::VAULT).await.refusal(), None, "nothing has changed");
        let begun = login_begin(&mut stranger, "alice", SecretKind::Password, &password("alice")).await.unwrap();
        assert!(begun.finish(&password("alice"), &relay.origin()).is_some());
    }

    async fn what_does_not_follow_changes_nothing(store) {
        let relay = Relay::start(store).await;
        let mut alice = relay.person("alice").await;
        ask_here(&mut alice.browser, 1).await.unwrap();
        relay.pass(72 * HOUR);
        let mut stranger = relay.browser();
        let new = prepared(&mut stranger, 1, "new").await.unwrap();
        let signed = |change: fn(&mut SignedStatement)| {
            let mut signed = SignedStatement::parse(&new.statement).unwrap();
            change(&mut signed);
            AnewFinish { statement: signed.to_bytes(), ..new.clone() }
        };
        for (wrong, refusal) in [
            (signed(|signed| signed.statement.nonce = [8; 32]), Refusal::Malformed),
            (signed(|signed| signed.statement.account_id.0[0] ^= 1), Refusal::Malformed),
            (signed(|signed| signed.statement.prev.0[0] ^= 1), Refusal::VersionConflict),
            (signed(|signed| signed.statement.seq = 9), Refusal::VersionConflict),
            (AnewFinish { keystore_version: 1, ..new.clone() }, Refusal::VersionConflict),
            (AnewFinish { state_version: 1, ..new.clone() }, Refusal::VersionConflict),
            (AnewFinish { statement: b"none".to_vec(), ..new.clone() }, Refusal::Malformed),
            (AnewFinish { password: Access { record: vec![1], slot: vec![1] }, ..new.clone() }, Refusal::Malformed),
            (AnewFinish { claim: [7; 32], ..new.clone() }, Refusal::NotFound),
        ] {
            assert_eq!(finish(&mut stranger, &wrong).await.err(), Some(refusal));
        }
        // A state that another browser writes in between is in nobody's way.
        let put = api::PutState { expected: 1, state: b"meanwhile".to_vec() };
        assert!(alice.browser.ask::<api::Stored>(api::STATE, &put).await.is_ok());
        assert!(finish(&mut stranger, &new).await.is_ok());
    }

    async fn earlier_secrets_give_what_they_opened_and_only_to_the_owner(store) {
        let relay = Relay::start(store).await;
        let mut alice = relay.person("alice").await;
        let mut bob = relay.person("bob").await;
        ask_here(&mut alice.browser, 1).await.unwrap();
        relay.pass(72 * HOUR);
        let mut browser = relay.browser();
        let new = prepared(&mut browser, 1, "new").await.unwrap();
        finish(&mut browser, &new).await.unwrap();
        for (kind, secret, slot) in [
            (SecretKind::Password, password("alice"), b"password slot"),
            (SecretKind::RecoveryKey, recovery("alice"), b"recovery slot"),
        ] {
            let found = earlier(&mut browser, 1, kind, &secret).await.unwrap();
            assert_eq!((found.slot.as_slice(), found.keystore.as_slice()), (&slot[..], &b"sealed keystore"[..]));
            assert_eq!((found.keystore_version, found.state_version, found.state), (1, 1, b"sealed state".to_vec()));
            assert_eq!(earlier(&mut browser, 1, kind, "wrong").await.err(), Some(Refusal::LoginFailed));
            assert_eq!(earlier(&mut browser, 2, kind, &secret).await.err(), Some(Refusal::LoginFailed));
            assert_eq!(earlier(&mut relay.browser(), 1, kind, &secret).await.err(), Some(Refusal::SignedOut));
            assert_eq!(earlier(&mut bob.browser, 1, kind, &secret).await.err(), Some(Refusal::LoginFailed));
        }
    }
}

#[tokio::test]
async fn the_operators_code_is_good_once_and_for_a_day() {
    let relay = Relay::start(Store::Sqlite).await;
    let alice = relay.person("alice").await;
    relay.person("bob").await;
    let mut live = alice.live().await;
    let first = code(&relay, "Alice", START).await;
    let second = code(&relay, "alice", START).await;
    assert_eq!((first.len(), first.matches('-').count()), (29, 5));
    assert_ne!(first, second);
    let mut stranger = relay.browser();
    let failed = Err(Refusal::CodeFailed);
    assert_eq!(by_code(&mut stranger, "alice", &first, 1).await, failed, "another took its place");
    assert_eq!(by_code(&mut stranger, "bob", &second, 77).await, failed);
    assert_eq!(by_code(&mut stranger, "nobody", &second, 77).await, failed);
    assert_eq!(by_code(&mut stranger, "Alice", &second, 77).await, Ok(AnewStand::Waiting { left_ms: 72 * HOUR }));
    assert!(told(&mut live).await.is_some());
    assert_eq!(by_code(&mut stranger, "alice", &second, 2).await, failed, "used");
    // The answer was lost: the same again.
    assert_eq!(by_code(&mut stranger, "alice", &second, 77).await, Ok(AnewStand::Waiting { left_ms: 72 * HOUR }));
    let third = code(&relay, "alice", START).await;
    relay.pass(24 * HOUR);
    assert_eq!(by_code(&mut stranger, "alice", &third, 3).await, failed, "out of date");
    assert_eq!(stand(&mut stranger, 77).await, Ok(AnewStand::Waiting { left_ms: 48 * HOUR }));

    // The database holds neither codes nor claims.
    let files: Vec<Vec<u8>> = std::fs::read_dir(relay.folder())
        .unwrap()
        .filter_map(|file| std::fs::read(file.unwrap().path()).ok())
        .collect();
    for secret in [OneTimeCode::parse(&third).unwrap().0.to_vec(), vec![77; 32]] {
        assert!(!files.iter().any(|file| file.windows(secret.len()).any(|window| window == secret)));
    }
}

#[tokio::test]
async fn a_newer_request_takes_the_place_of_an_older_one_and_waits_from_the_beginning() {
    let relay = Relay::start(Store::Sqlite).await;
    let mut alice = relay.person("alice").await;
    ask_here(&mut alice.browser, 1).await.unwrap();
    relay.pass(72 * HOUR);
    let mut first = relay.browser();
    let ready = prepared(&mut first, 1, "first").await.unwrap();
    let mut second = relay.browser();
    let code = code(&relay, "alice", START + 72 * HOUR).await;
    assert_eq!(by_code(&mut second, "alice", &code, 2).await, Ok(AnewStand::Waiting { left_ms: 72 * HOUR }));
    // Whom the operator has vetted, no session pushes aside; it may refuse.
    assert_eq!(ask_here(&mut alice.browser, 3).await, Err(Refusal::PlaceTaken));
    assert_eq!(stand(&mut first, 1).await, Err(Refusal::NotFound));
    assert_eq!(finish(&mut first, &ready).await.err(), Some(Refusal::NotFound));
    relay.pass(72 * HOUR);
    let new = prepared(&mut second, 2, "second").await.unwrap();
    assert_eq!(finish(&mut second, &new).await.unwrap().slot, b"slot of second password");
}

#[tokio::test]
async fn a_code_for_nobody_and_of_a_relay_that_is_not_there_is_refused_in_words() {
    let relay = Relay::start(Store::Sqlite).await;
    relay.person("alice").await;
    let said = async |name: &str, data| {
        let at = Where { data: Some(data), database_url: None };
        reset_account(ResetAccount { name: name.to_owned(), valid: 24, at }, START).await.unwrap_err().to_string()
    };
    assert!(said("nobody", relay.folder()).await.contains("no account nobody"));
    assert!(said("no name", relay.folder()).await.contains("no username"));
    assert!(said("alice", relay.folder().join("elsewhere")).await.contains("--data"));
}

#[tokio::test]
async fn requests_from_one_address_are_counted() {
    let relay = Relay::with(Store::Memory, |config| config.limits.anew_per_address_minute = 2).await;
    let mut browser = relay.browser();
    for _ in 0..2 {
        assert_eq!(stand(&mut browser, 1).await, Err(Refusal::NotFound));
    }
    for path in [api::ANEW_ASK, api::ANEW_LOOK, api::ANEW_START, api::ANEW_FINISH] {
        assert_eq!(browser.post(path, "").await.refusal(), Some(Refusal::TooMany), "{path}");
    }
    relay.pass(60_000);
    assert_eq!(stand(&mut browser, 1).await, Err(Refusal::NotFound));
}

#[tokio::test]
async fn tries_of_earlier_secrets_are_counted() {
    let relay = Relay::with(Store::Memory, |config| config.limits.earlier_per_minute = 3).await;
    let Person { mut browser, .. } = relay.person("alice").await;
    for _ in 0..3 {
        assert_eq!(earlier(&mut browser, 1, SecretKind::Password, "guess").await.err(), Some(Refusal::LoginFailed));
    }
    assert_eq!(earlier(&mut browser, 1, SecretKind::Password, "guess").await.err(), Some(Refusal::TooMany));
}
