use std::time::{Duration, Instant};

use signet_shared::{
    api::{self, LoginFinish, LoginStarted, Vault},
    opaque::SecretKind,
    wire::Refusal,
};

use crate::common::{
    Relay, both,
    person::{login, login_begin, login_start, password},
};

const KIND: SecretKind = SecretKind::Password;

both! {
    async fn a_wrong_secret_an_unknown_name_and_a_used_login_are_answered_alike(store) {
        let relay = Relay::start(store).await;
        relay.person("alice").await;
        let mut browser = relay.browser();
        for name in ["alice", "nobody"] {
            let begun = login_begin(&mut browser, name, KIND, "a wrong password").await.unwrap();
            let login_id = begun.started.login_id;
            assert!(begun.finish("a wrong password", &relay.origin()).is_none(), "the browser sees it first");
            let forged = LoginFinish { login_id, ke3: vec![7; 64] };
            let answer = browser.post(api::LOGIN_FINISH, api::Body::to_bytes(&forged)).await;
            assert_eq!(answer.refusal(), Some(Refusal::LoginFailed));
            assert!(answer.header("set-cookie").is_none());
        }
        let begun = login_begin(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        let finish = begun.finish(&password("alice"), &relay.origin()).unwrap();
        browser.ask::<Vault>(api::LOGIN_FINISH, &finish).await.unwrap();
        assert_eq!(browser.ask::<Vault>(api::LOGIN_FINISH, &finish).await, Err(Refusal::LoginFailed), "one use");
    }

    async fn one_wrong_try_ends_a_login(store) {
        let relay = Relay::start(store).await;
        relay.person("alice").await;
        let mut browser = relay.browser();
        let begun = login_begin(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        let good = begun.finish(&password("alice"), &relay.origin()).unwrap();
        let bad = LoginFinish { login_id: good.login_id, ke3: vec![0; 64] };
        assert_eq!(browser.ask::<Vault>(api::LOGIN_FINISH, &bad).await, Err(Refusal::LoginFailed));
        assert_eq!(browser.ask::<Vault>(api::LOGIN_FINISH, &good).await, Err(Refusal::LoginFailed));
    }

    async fn whether_anybody_has_the_name_a_first_step_is_answered_at_its_time_and_not_before(store) {
        let relay = Relay::with(store, |config| config.limits.login_answer_ms = 500).await;
        relay.person("alice").await;
        for name in ["alice", "nobody"] {
            let before = Instant::now();
            login_begin(&mut relay.browser(), name, KIND, "x").await.unwrap();
            assert!(before.elapsed() >= Duration::from_millis(500), "{name}");
        }
    }

    async fn an_unknown_name_gets_the_same_shape_and_the_same_key_each_time(store) {
        let relay = Relay::start(store).await;
        relay.person("alice").await;
        let mut browser = relay.browser();
        let mut ask = async |name: &str| {
            let (_, start) = login_start(name, KIND, "x");
            let answer = browser.post(api::LOGIN_START, api::Body::to_bytes(&start)).await;
            let started: LoginStarted = answer.parsed().unwrap();
            let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort_unstable();
            (answer.status, answer.body.len(), names, started.profile, started.ke2.len())
        };
        assert_eq!(ask("alice").await, ask("nobody").await);

        // The OPRF's answer to one blinded element is fixed for a name, as it would be for an account.
        let (_, start) = login_start("nobody", KIND, "x");
        let mut evaluated = Vec::new();
        for _ in 0..2 {
            let started: LoginStarted = relay.browser().ask(api::LOGIN_START, &start).await.unwrap();
            evaluated.push(started.ke2[..32].to_vec());
        }
        assert_eq!(evaluated[0], evaluated[1]);
    }

    async fn a_login_waits_a_minute_for_its_second_step(store) {
        let relay = Relay::start(store).await;
        relay.person("alice").await;
        for (wait, good) in [(59_999, true), (60_000, false)] {
            let mut browser = relay.browser();
            let begun = login_begin(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
            let finish = begun.finish(&password("alice"), &relay.origin()).unwrap();
            relay.pass(wait);
            let answer = browser.ask::<Vault>(api::LOGIN_FINISH, &finish).await;
            assert_eq!(answer.is_ok(), good, "{answer:?}");
        }
    }

    async fn too_many_logins_between_their_steps_lock_nobody_out(store) {
        let relay = Relay::with(store, |config| config.limits.login_steps = 3).await;
        relay.person("alice").await;
        let mut browser = relay.browser();
        // One that is finished leaves its place.
        login(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        let mut begin = async || {
            let begun = login_begin(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
            begun.finish(&password("alice"), &relay.origin()).unwrap()
        };
        let (first, second) = (begin().await, begin().await);
        for n in 0..2 {
            login_begin(&mut relay.browser(), &format!("nobody{n}"), KIND, "x").await.unwrap();
        }
        let finish = async |finish| relay.browser().ask::<Vault>(api::LOGIN_FINISH, finish).await.map(|_| ());
        assert_eq!(finish(&first).await, Err(Refusal::LoginFailed), "the oldest had to go");
        assert_eq!(finish(&second).await, Ok(()));
    }

    async fn a_login_is_bound_to_the_public_address(store) {
        let relay = Relay::with(store, |config| config.public_url = Some("https://chat.example/".into())).await;
        let mut browser = relay.browser();
        browser.origin = "https://chat.example".into();
        let person = crate::common::Person::register(browser.clone(), "alice").await;
        let begun = login_begin(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        assert!(begun.finish(&password("alice"), "https://evil.example").is_none());
        let vault = login(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        assert_eq!(vault.account_id, person.account);
    }

    async fn a_token_does_not_outlive_a_login(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let old = person.browser.clone();
        let mut browser = person.browser.clone();
        let mut socket = person.live().await;
        login(&mut browser, "alice", KIND, &password("alice")).await.unwrap();
        assert_ne!(old.cookie, browser.cookie);
        assert_eq!(old.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        assert_eq!(socket.closed().await, 4001);
        assert!(browser.get(api::VAULT).await.parsed::<Vault>().is_ok());
    }
}
