use hyper::Method;
use signet_shared::{
    api::{self, Body, PutState},
    wire::{self, ClientFrame},
};

use crate::common::{Answer, Relay, both};

fn golden(socket: &str) -> Vec<(&'static str, String)> {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {socket}; style-src 'self'; \
         img-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types default"
    );
    vec![
        ("content-security-policy", policy),
        ("cross-origin-opener-policy", "same-origin".into()),
        ("cross-origin-embedder-policy", "require-corp".into()),
        ("cross-origin-resource-policy", "same-origin".into()),
        ("x-content-type-options", "nosniff".into()),
        ("referrer-policy", "no-referrer".into()),
    ]
}

fn hold(answer: &Answer, golden: &[(&str, String)]) {
    for (name, value) in golden {
        assert_eq!(answer.header(name), Some(value.as_str()), "{} {name}", answer.status);
    }
    let permissions = answer.header("permissions-policy").unwrap();
    for refused in ["microphone=()", "geolocation=()", "usb=()", "payment=()"] {
        assert!(permissions.contains(refused), "{refused}");
    }
    // To scan the other person's code, and for nobody who frames the page.
    assert!(permissions.contains("camera=(self)"));
    for unknown in ["bluetooth", "web-share"] {
        assert!(!permissions.contains(unknown), "Chromium warns of {unknown} on every page");
    }
}

both! {
    async fn every_status_has_them(store) {
        let relay = Relay::with(store, |config| {
            config.limits.lookup_per_minute = 0;
            config.limits.body_bytes = 4096;
        }).await;
        let mut person = relay.person("alice").await;
        let golden = golden(&format!("ws://localhost:{}", relay.address.port()));
        let signed_out = relay.browser();
        let browser = person.browser.clone();
        let lookup = api::Lookup { who: api::Who::Id(person.account), after: 0 };
        let conflict = PutState { expected: 9, state: vec![] };
        let mut answers = vec![
            (200, browser.get(api::VAULT).await),
            (200, browser.get(api::ABOUT).await),
            (200, browser.get("/healthz").await),
            (200, browser.get("/readyz").await),
            (400, person.browser.post(api::STATE, "x").await),
            (401, signed_out.get(api::VAULT).await),
            (403, browser.send(browser.request(Method::POST, api::STATE).header("sec-fetch-site", "x"), "").await),
            (404, browser.get("/nothing").await),
            (404, browser.get("/api/nothing").await),
            (405, browser.get(api::STATE).await),
            (405, browser.send(browser.request(Method::DELETE, "/"), "").await),
            (409, person.browser.post(api::STATE, conflict.to_bytes()).await),
            (413, person.browser.post(api::STATE, vec![0; 4097]).await),
            (429, person.browser.post(api::LOOKUP, lookup.to_bytes()).await),
        ];
        let mut rebound = browser.request(Method::POST, api::STATE);
        let host = format!("evil.example:{}", relay.address.port());
        rebound.headers_mut().unwrap().insert("host", host.parse().unwrap());
        rebound.headers_mut().unwrap().insert("origin", format!("http://{host}").parse().unwrap());
        answers.push((421, browser.send(rebound, "").await));
        for (status, answer) in answers {
            assert_eq!(answer.status, status, "{:?}", answer.body);
            hold(&answer, &golden);
            assert_eq!(answer.header("strict-transport-security"), None, "never on plain HTTP or loopback");
        }
    }

    async fn answers_of_the_api_are_stored_nowhere(store) {
        let relay = Relay::start(store).await;
        let browser = relay.person("alice").await.browser;
        for path in [api::VAULT, api::ABOUT, api::SESSIONS, "/api/nothing", api::STATE] {
            assert_eq!(browser.get(path).await.header("cache-control"), Some("no-store"), "{path}");
        }
    }

    async fn strict_transport_goes_to_the_public_name_alone(store) {
        let relay = Relay::with(store, |config| config.public_url = Some("https://chat.example".into())).await;
        let mut browser = relay.browser();
        assert_eq!(browser.get("/").await.header("strict-transport-security"), None, "asked for as localhost");
        browser.origin = "https://chat.example".into();
        for path in ["/", "/nothing", api::VAULT, api::ABOUT] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
            hold(&answer, &golden("wss://chat.example"));
        }
    }

    async fn a_store_that_cannot_be_used_is_said_by_readyz(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await;
        let mut socket = person.live().await;
        if store == crate::common::Store::Memory {
            assert_eq!(person.browser.get("/readyz").await.status, 200);
            return;
        }
        // Another process holds the database's write lock longer than the relay waits for it.
        let file = relay.folder().join("signet.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&file);
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        let ready = person.browser.get("/readyz").await;
        assert_eq!((ready.status.as_u16(), ready.header("retry-after")), (503, Some("10")));
        hold(&ready, &golden(&format!("ws://localhost:{}", relay.address.port())));
        assert_eq!(person.browser.get("/healthz").await.status, 200);
        let put = PutState { expected: 1, state: b"two".to_vec() };
        let answer = person.browser.post(api::STATE, put.to_bytes()).await;
        assert_eq!(answer.refusal(), Some(wire::Refusal::StoreUnavailable));
        let mut writer = crate::common::Writer::new(person.account, &[], 1);
        let envelope = writer.next(b"text");
        assert_eq!(socket.send(&envelope).await, Err(wire::Refusal::StoreUnavailable));
        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
        assert_eq!(socket.send(&envelope).await, Ok(1), "the same again, once there is room");
        assert_eq!(person.browser.post(api::STATE, put.to_bytes()).await.refusal(), None);
        socket.say(&ClientFrame::Ping { nonce: 1 }).await;
    }

    /// `/readyz` needs no session, and a page anywhere can ask for it as an image.
    async fn asking_often_whether_it_is_ready_writes_once(store) {
        let relay = Relay::start(store).await;
        let browser = relay.browser();
        if store == crate::common::Store::Memory {
            return;
        }
        assert_eq!(browser.get("/healthz").await.status, 200);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(relay.folder().join("signet.db"));
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        // Every check is noted.
        let sql = "CREATE TABLE checks (n); CREATE TRIGGER checked AFTER INSERT ON probe BEGIN INSERT INTO checks VALUES (1); \
            END; CREATE TRIGGER again AFTER UPDATE ON probe BEGIN INSERT INTO checks VALUES (1); END";
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        let mut checks = async || -> i64 {
            sqlx::query_scalar("SELECT count(*) FROM checks").fetch_one(&mut connection).await.unwrap()
        };
        for round in 1..=3 {
            let asked = (0..20).map(|_| browser.get("/readyz"));
            let answers = futures_util::future::join_all(asked).await;
            assert!(answers.iter().all(|answer| answer.status == 200));
            for _ in 0..5 {
                assert_eq!(browser.get("/readyz").await.status, 200);
            }
            assert_eq!(checks().await, round);
            relay.pass(2_000);
        }
    }

    /// Who asks and goes away leaves no work behind that others wait for.
    async fn coming_and_going_begins_no_second_check(store) {
        let relay = Relay::start(store).await;
        let browser = relay.browser();
        if store == crate::common::Store::Memory {
            return;
        }
        assert_eq!(browser.get("/healthz").await.status, 200);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(relay.folder().join("signet.db"));
        let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
        let sql = "CREATE TABLE checks (n); CREATE TRIGGER checked AFTER INSERT ON probe BEGIN INSERT INTO checks VALUES (1); \
            END; CREATE TRIGGER again AFTER UPDATE ON probe BEGIN INSERT INTO checks VALUES (1); END; BEGIN IMMEDIATE";
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        // As often as one goes away: the answer cannot come, since the check waits for the lock.
        for _ in 0..3 {
            tokio::time::timeout(std::time::Duration::from_millis(100), browser.get("/readyz")).await.unwrap_err();
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.unwrap();
        assert_eq!(browser.get("/readyz").await.status, 200, "that of the first check");
        let checks: i64 = sqlx::query_scalar("SELECT count(*) FROM checks").fetch_one(&mut connection).await.unwrap();
        assert_eq!(checks, 1);
    }
}
