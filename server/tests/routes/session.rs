use signet_shared::{
    api::{self, Vault},
    opaque::SecretKind,
    wire::{Refusal, close},
};

use crate::common::{
    Browser, Person, Relay, Socket, Store, both,
    person::{login, password, recovery},
};

both! {
    async fn the_cookie_has_every_flag_and_nothing_guessable(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.browser();
        let finish = crate::common::person::registration(&mut browser, "alice").await.unwrap();
        let answer = browser.post(api::REGISTER_FINISH, api::Body::to_bytes(&finish)).await;
        let cookie = answer.header("set-cookie").unwrap();
        let (pair, flags) = cookie.split_once("; ").unwrap();
        assert_eq!(flags, "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Strict");
        let value = pair.strip_prefix("__Host-sid=").unwrap();
        assert!(value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()), "256 bits");
        let other = relay.person("bob").await.browser.cookie.unwrap();
        assert_ne!(other, pair);
    }

    async fn without_a_live_session_nothing_is_given(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let good = person.browser.cookie.clone().unwrap();
        let mut altered = good.clone().into_bytes();
        *altered.last_mut().unwrap() ^= 1;
        let bad = [None, Some("__Host-sid=".into()), Some("__Host-sid=zz".into()), Some(good.replace("__Host-sid", "sid")),
            Some(String::from_utf8(altered).unwrap()), Some(format!("x{good}"))];
        for cookie in bad {
            let mut browser = relay.browser();
            browser.cookie = cookie.clone();
            for path in [api::VAULT, api::SESSIONS] {
                assert_eq!(browser.get(path).await.refusal(), Some(Refusal::SignedOut), "{cookie:?}");
            }
            for path in [api::STATE, api::SHARE_TAKE, api::SHARE_CONFIRM, api::LOOKUP, api::SIGN_OUT, api::SESSIONS_END,
                api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH]
            {
                let answer = browser.send(browser.request(hyper::Method::POST, path), "").await;
                assert_eq!(answer.refusal(), Some(Refusal::SignedOut), "{path}");
            }
            // A page cannot read a refused upgrade's status: the socket opens, says so and closes.
            assert_eq!(Socket::open(&browser).await.closed().await, close::SESSION_ENDED, "{cookie:?}");
        }
        let mut browser = relay.browser();
        browser.cookie = Some(format!("a=b; {good}; c=d"));
        assert!(browser.get(api::VAULT).await.parsed::<Vault>().is_ok());
    }

    async fn a_session_ends_when_idle_and_when_old(store) {
        const DAY: u64 = 24 * 3600 * 1000;
        let relay = Relay::start(store).await;
        let idle = relay.person("alice").await;
        let used = idle.elsewhere(relay.browser()).await;
        let alive = async |browser: &Browser| browser.get(api::VAULT).await.refusal();
        for day in 1..=29 {
            relay.pass(DAY);
            assert_eq!(alive(&used.browser).await, None, "day {day}");
        }
        assert_eq!(alive(&idle.browser).await, Some(Refusal::SignedOut));
        relay.pass(DAY - 1);
        assert_eq!(alive(&used.browser).await, None);
        relay.pass(1);
        assert_eq!(alive(&used.browser).await, Some(Refusal::SignedOut));

        let fresh = idle.elsewhere(relay.browser()).await;
        relay.pass(7 * DAY - 1);
        // Asked through another door, so that asking does not prolong it.
        let kept = fresh.elsewhere(relay.browser()).await;
        relay.pass(1);
        assert_eq!(alive(&fresh.browser).await, Some(Refusal::SignedOut));
        assert_eq!(alive(&kept.browser).await, None);
    }

    async fn signing_out_ends_the_session_its_shares_and_its_sockets(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await;
        let (mut one, mut two, mut stays) = (person.live().await, person.live().await, other.live().await);
        let token = person.browser.cookie.clone();
        let answer = person.browser.post(api::SIGN_OUT, "").await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
        assert_eq!(
            answer.header("set-cookie"),
            Some("__Host-sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
        );
        let closed = async { (one.closed().await, two.closed().await) };
        let closed = tokio::time::timeout(std::time::Duration::from_secs(1), closed).await;
        assert_eq!(closed.expect("within a second"), (close::SESSION_ENDED, close::SESSION_ENDED));
        person.browser.cookie = token;
        assert_eq!(person.browser.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        stays.say(&signet_shared::wire::ClientFrame::Ping { nonce: 5 }).await;
        assert_eq!(stays.next().await, signet_shared::wire::ServerFrame::Pong { nonce: 5 });
        assert!(other.browser.get(api::VAULT).await.parsed::<Vault>().is_ok());
    }

    async fn a_session_that_runs_out_takes_its_socket_with_it(store) {
        let relay = Relay::with(store, |config| config.limits.ping_seconds = 1).await;
        let person = relay.person("alice").await;
        let mut socket = person.live().await;
        relay.pass(31 * 24 * 3600 * 1000);
        assert_eq!(socket.closed().await, close::SESSION_ENDED);
    }

    async fn a_live_vault_has_the_slot_of_the_secret_that_opened_the_session(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let slot = async |browser: &Browser| browser.get(api::VAULT).await.parsed::<Vault>().unwrap().slot;
        assert_eq!(slot(&person.browser).await, b"password slot", "of a sign-up");
        for (kind, secret, expected) in [
            (SecretKind::Password, password("alice"), &b"password slot"[..]),
            (SecretKind::RecoveryKey, recovery("alice"), &b"recovery slot"[..]),
        ] {
            let mut browser = relay.browser();
            let opened = login(&mut browser, "alice", kind, &secret).await.unwrap();
            assert_eq!((opened.slot.as_slice(), slot(&browser).await.as_slice()), (expected, expected));
        }
    }
}

#[tokio::test]
async fn the_files_hold_no_usable_token_and_no_password() {
    let relay = Relay::start(Store::Sqlite).await;
    let mut browser = relay.browser();
    browser.agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    let mut person = Person::register(browser, "alice").await;
    let take = api::TakeShare { next: [0xA5; 32] };
    person.browser.ask::<api::Shares>(api::SHARE_TAKE, &take).await.unwrap();
    let token = person.browser.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    let raw: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&token[2 * i..2 * i + 2], 16).unwrap()).collect();
    let folder = relay.folder();
    let holds = |needle: &[u8]| {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    };
    // While it runs, with the write-ahead log beside the database.
    assert!(holds(&[0xA5; 32]) && holds(b"sealed keystore"), "the search itself works");
    assert!(!holds(token.as_bytes()) && !holds(&raw) && !holds(b"the password of"));
    for finer in ["Mozilla", "Gecko", "rv:140", "x86_64"] {
        assert!(!holds(finer.as_bytes()), "of what the browser calls itself, the family alone: {finer}");
    }
    let _folder = relay.stop().await;
    assert!(holds(b"sealed keystore"));
    assert!(!holds(token.as_bytes()) && !holds(&raw) && !holds(b"the password of"));
}
