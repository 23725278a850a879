use hyper::Method;
use signet_shared::{
    api::{self, Body, EndSessions, Lookup, Statements, TakeShare, Vault, WhichSessions, Who},
    limits,
    opaque::SecretKind,
    wire::{ClientFrame, Refusal, ServerFrame, close},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::common::{
    Relay, Socket, Writer, both,
    person::{self, login_begin, login_start},
    soon,
};

const MINUTE: u64 = 60_000;
const KIND: SecretKind = SecretKind::Password;

/// Begins a login of another name each time, through a proxy that says from where.
fn begin_from(relay: &Relay) -> impl AsyncFnMut(&str) -> Option<Refusal> {
    let (browser, mut n) = (relay.browser(), 0);
    async move |from: &str| {
        n += 1;
        let (_, start) = login_start(&format!("name{n}"), KIND, "x");
        let request = browser.request(Method::POST, api::LOGIN_START).header("x-forwarded-for", from);
        browser.send(request, start.to_bytes()).await.refusal()
    }
}

both! {
    async fn five_logins_a_minute_and_fifty_a_day_for_a_name_that_exists_or_not(store) {
        let relay = Relay::start(store).await;
        relay.person("alice").await;
        let mut browser = relay.browser();
        for name in ["alice", "nobody"] {
            for round in 0..10 {
                for _ in 0..5 {
                    login_begin(&mut browser, name, KIND, "x").await.unwrap();
                }
                let (_, start) = login_start(name, KIND, "x");
                let answer = browser.post(api::LOGIN_START, start.to_bytes()).await;
                assert_eq!(answer.refusal(), Some(Refusal::TooMany), "{name} {round}");
                assert_eq!(answer.header("retry-after"), Some("60"));
                relay.pass(MINUTE);
            }
            let refused = login_begin(&mut browser, &name.to_uppercase(), KIND, "x").await.map(|_| ());
            assert_eq!(refused, Err(Refusal::TooMany), "the fifty-first, in capitals");
            relay.pass(MINUTE);
        }
        relay.pass(24 * 60 * MINUTE);
        login_begin(&mut browser, "alice", KIND, "x").await.unwrap();
    }

    async fn thirty_logins_a_minute_from_an_address(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.browser();
        for n in 0..30 {
            login_begin(&mut browser, &format!("name{n}"), KIND, "x").await.unwrap();
        }
        assert_eq!(login_begin(&mut browser, "another", KIND, "x").await.map(|_| ()), Err(Refusal::TooMany));
        // A header that anybody can write does not make another address.
        let (_, start) = login_start("another", KIND, "x");
        let request = browser.request(Method::POST, api::LOGIN_START).header("x-forwarded-for", "9.9.9.9");
        assert_eq!(browser.send(request, start.to_bytes()).await.refusal(), Some(Refusal::TooMany));
        relay.pass(MINUTE);
        login_begin(&mut browser, "another", KIND, "x").await.unwrap();
    }

    async fn behind_a_trusted_proxy_the_clients_are_counted(store) {
        let relay = Relay::with(store, |config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.limits.login_per_address_minute = 1;
        }).await;
        let mut ask = begin_from(&relay);
        assert_eq!(ask("9.9.9.9").await, None);
        assert_eq!(ask("9.9.9.9").await, Some(Refusal::TooMany));
        assert_eq!(ask("1.2.3.4, 9.9.9.9").await, Some(Refusal::TooMany), "what the client itself wrote");
        assert_eq!(ask("8.8.8.8").await, None);
        assert_eq!(ask("2001:db8::1").await, None);
        assert_eq!(ask("2001:db8::2").await, Some(Refusal::TooMany), "one subscriber's /64");
        assert_eq!(ask("2001:db8:0:1::1").await, None);
    }

    async fn an_ipv6_network_is_counted_as_sixteen_addresses(store) {
        let relay = Relay::with(store, |config| {
            config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
            config.limits.login_per_address_minute = 2;
        }).await;
        let mut ask = begin_from(&relay);
        for subnet in 0..32 {
            assert_eq!(ask(&format!("2001:db8:0:{subnet:x}::1")).await, None);
        }
        assert_eq!(ask("2001:db8:0:20::1").await, Some(Refusal::TooMany));
        assert_eq!(ask("2001:db8:1:20::1").await, None, "another network");
        relay.pass(MINUTE);
        assert_eq!(ask("2001:db8:0:20::1").await, None);
    }

    async fn thirty_registrations_an_hour_from_an_address(store) {
        let relay = Relay::with(store, |config| {
            config.limits.register_per_address_hour = signet::Limits::default().register_per_address_hour;
        }).await;
        for n in 0..30 {
            relay.person(&format!("name{n}")).await;
        }
        let refused = person::registration(&mut relay.browser(), "another").await;
        assert_eq!(refused.unwrap_err(), Refusal::TooMany);
        let elsewhere = Relay::start(store).await;
        let finish = person::registration(&mut elsewhere.browser(), "another").await.unwrap();
        let answer = relay.browser().post(api::REGISTER_FINISH, finish.to_bytes()).await;
        assert_eq!(answer.refusal(), Some(Refusal::TooMany), "the second step alone is no way round");
        assert_eq!(answer.header("retry-after"), Some("3600"));
        relay.pass(60 * MINUTE);
        relay.person("another").await;
    }

    async fn sixty_lookups_a_minute_by_an_account(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let mut other = person.elsewhere(relay.browser()).await.browser;
        let mut browser = person.browser.clone();
        let lookup = Lookup { who: Who::Id(person.account), after: 0 };
        for n in 0..60 {
            let asks = if n % 2 == 0 { &mut browser } else { &mut other };
            asks.ask::<Statements>(api::LOOKUP, &lookup).await.unwrap();
        }
        assert_eq!(other.ask::<Statements>(api::LOOKUP, &lookup).await, Err(Refusal::TooMany));
        let mut bob = relay.person("bob").await.browser;
        bob.ask::<Statements>(api::LOOKUP, &lookup).await.unwrap();
        relay.pass(MINUTE);
        browser.ask::<Statements>(api::LOOKUP, &lookup).await.unwrap();
    }

    async fn states_and_shares_are_counted_by_account(store) {
        let relay = Relay::with(store, |config| {
            config.limits.state_per_minute = 3;
            config.limits.share_per_minute = 3;
        }).await;
        let person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await.browser;
        let state = |expected| api::PutState { expected, state: vec![1] }.to_bytes();
        let share = TakeShare { next: [1; 32] }.to_bytes();
        let (mut one, mut two) = (person.browser.clone(), other);
        for version in 1..=3 {
            let browser = if version == 2 { &mut two } else { &mut one };
            assert_eq!(browser.post(api::STATE, state(version)).await.refusal(), None);
        }
        let answer = two.post(api::STATE, state(4)).await;
        assert_eq!((answer.refusal(), answer.header("retry-after")), (Some(Refusal::TooMany), Some("60")));
        for path in [api::SHARE_TAKE, api::SHARE_CONFIRM, api::SHARE_TAKE] {
            assert_eq!(one.post(path, share.clone()).await.refusal(), None);
        }
        for path in [api::SHARE_TAKE, api::SHARE_CONFIRM] {
            for browser in [&mut one, &mut two] {
                assert_eq!(browser.post(path, share.clone()).await.refusal(), Some(Refusal::TooMany));
            }
        }
        let mut bob = relay.person("bob").await.browser;
        assert_eq!(bob.post(api::STATE, state(1)).await.refusal(), None, "another account");
        assert_eq!(bob.post(api::SHARE_TAKE, share.clone()).await.refusal(), None);
        relay.pass(MINUTE);
        assert_eq!(two.post(api::STATE, state(4)).await.refusal(), None);
        assert_eq!(two.post(api::SHARE_TAKE, share).await.refusal(), None);
    }

    async fn lists_and_ends_of_sessions_are_counted_by_account(store) {
        let relay = Relay::with(store, |config| config.limits.sessions_per_minute = 3).await;
        let person = relay.person("alice").await;
        let (mut one, mut two) = (person.browser.clone(), person.elsewhere(relay.browser()).await.browser);
        let end = EndSessions { which: WhichSessions::One([0; 16]) }.to_bytes();
        assert_eq!(one.get(api::SESSIONS).await.refusal(), None);
        assert_eq!(two.get(api::SESSIONS).await.refusal(), None);
        assert_eq!(one.post(api::SESSIONS_END, end.clone()).await.refusal(), None);
        for browser in [&mut one, &mut two] {
            for answer in [browser.get(api::SESSIONS).await, browser.post(api::SESSIONS_END, end.clone()).await] {
                assert_eq!((answer.refusal(), answer.header("retry-after")), (Some(Refusal::TooMany), Some("60")));
            }
        }
        assert_eq!(relay.person("bob").await.browser.get(api::SESSIONS).await.refusal(), None, "another account");
        relay.pass(MINUTE);
        assert_eq!(two.get(api::SESSIONS).await.refusal(), None);
    }

    async fn steps_of_replacing_a_secret_are_counted_by_account_and_an_old_session_takes_none(store) {
        const DAY: u64 = 24 * 60 * MINUTE;
        let relay = Relay::with(store, |config| config.limits.fresh_login_seconds = 7 * 24 * 3600).await;
        let person = relay.person("alice").await;
        let mut old = person.browser.clone();
        let (mut one, mut two) =
            (person.elsewhere(relay.browser()).await.browser, person.elsewhere(relay.browser()).await.browser);
        let steps = [api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH];
        for minute in 0..5 {
            for n in 0..20 {
                // Counted whatever it brings.
                let browser = if n % 2 == 0 { &mut one } else { &mut two };
                let answer = browser.post(steps[n % 4], "").await;
                assert_eq!(answer.refusal(), Some(Refusal::Malformed), "{minute} {n}");
            }
            for (n, path) in steps.into_iter().enumerate() {
                let browser = if n % 2 == 0 { &mut one } else { &mut two };
                let answer = browser.post(path, "").await;
                assert_eq!((answer.refusal(), answer.header("retry-after")), (Some(Refusal::TooMany), Some("60")));
                // Whose session may not do it takes nothing away from whose may.
                assert_eq!(old.post(path, "").await.refusal(), Some(Refusal::LoginTooOld));
            }
            relay.pass(MINUTE);
        }
        let answer = one.post(api::SECRET_START, "").await;
        let wait = (DAY - 5 * MINUTE) / 1000;
        let expected = (Some(Refusal::TooMany), Some(wait.to_string()));
        assert_eq!((answer.refusal(), answer.header("retry-after").map(str::to_owned)), expected);
        let mut bob = relay.person("bob").await.elsewhere(relay.browser()).await.browser;
        assert_eq!(bob.post(api::SECRET_START, "").await.refusal(), Some(Refusal::Malformed), "another account");
        relay.pass(DAY - 5 * MINUTE - 1);
        assert_eq!(two.post(api::SECRET_START, "").await.refusal(), Some(Refusal::TooMany));
        relay.pass(1);
        assert_eq!(two.post(api::SECRET_START, "").await.refusal(), Some(Refusal::Malformed));
    }

    async fn a_body_may_have_its_limit_and_not_one_byte_more(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.person("alice").await.browser;
        let answer = browser.post(api::STATE, vec![0; limits::BODY]).await;
        assert_eq!(answer.refusal(), Some(Refusal::Malformed), "read, and found to be nothing");
        let answer = browser.post(api::STATE, vec![0; limits::BODY + 1]).await;
        assert_eq!(answer.refusal(), Some(Refusal::TooLarge));
        assert_eq!(browser.get(api::VAULT).await.parsed::<Vault>().unwrap().state_version, 1);
    }

    async fn where_everything_is_short_a_body_may_have_four_kilobytes_and_not_one_byte_more(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await.elsewhere(relay.browser()).await.browser;
        let routes = [
            api::REGISTER_START, api::LOGIN_START, api::LOGIN_FINISH, api::LOOKUP, api::SHARE_TAKE, api::SHARE_CONFIRM,
            api::SESSIONS_END, api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::ACCOUNT_DELETE,
            api::SIGN_OUT, api::ANEW_ASK, api::ANEW_ASK_HERE, api::ANEW_LOOK, api::ANEW_START, api::ANEW_REFUSE,
            api::EARLIER_START, api::EARLIER_FINISH,
        ];
        for path in routes {
            assert_eq!(person.post(path, vec![0; 4097]).await.refusal(), Some(Refusal::TooLarge), "{path}");
            assert_eq!(person.post(path, vec![0; 4096]).await.refusal(), Some(Refusal::Malformed), "{path}");
        }
        // It may bring the keystore that goes with the new secret.
        let path = api::SECRET_FINISH;
        assert_eq!(person.post(path, vec![0; limits::BODY + 1]).await.refusal(), Some(Refusal::TooLarge));
        assert_eq!(person.post(path, vec![0; limits::BODY]).await.refusal(), Some(Refusal::Malformed));
    }

    async fn who_may_not_ask_any_more_is_told_before_his_body_is_read(store) {
        let relay = Relay::with(store, |config| {
            config.limits.state_per_minute = 0;
            config.limits.share_per_minute = 0;
            config.limits.lookup_per_minute = 0;
            config.limits.sessions_per_minute = 0;
            config.limits.secret_per_minute = 0;
            config.limits.login_per_address_minute = 1;
        }).await;
        let cookie = relay.person("alice").await.elsewhere(relay.browser()).await.browser.cookie.unwrap();
        let closed = Relay::with(store, |config| config.limits.register_per_address_hour = 0).await;
        let routes = [api::STATE, api::SHARE_TAKE, api::SHARE_CONFIRM, api::LOOKUP, api::LOGIN_START, api::SESSIONS_END,
            api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH];
        let routes = routes.map(|path| (&relay, path));
        for (relay, path) in routes.into_iter().chain([(&closed, api::REGISTER_START), (&closed, api::REGISTER_FINISH)]) {
            let mut stream = TcpStream::connect(relay.address).await.unwrap();
            // The body never comes, and would be waited for.
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\ncontent-length: 100\r\n\
                 content-type: application/octet-stream\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = [0; 12];
            soon(stream.read_exact(&mut answer)).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 429", "{path}");
        }
    }

    async fn a_body_may_not_say_one_length_and_have_another(store) {
        let relay = Relay::start(store).await;
        let cookie = relay.person("alice").await.browser.cookie.unwrap();
        // Without a length beforehand, in chunks.
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\
             content-type: application/octet-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            api::STATE);
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = [b"10000\r\n".to_vec(), vec![0; 0x10000], b"\r\n".to_vec()].concat();
        for _ in 0..4 {
            stream.write_all(&chunk).await.unwrap();
        }
        stream.write_all(b"1\r\nx\r\n0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }

    async fn headers_and_bodies_must_arrive_in_time(store) {
        let relay = Relay::with(store, |config| {
            config.limits.header_seconds = 1;
            config.limits.body_seconds = 1;
        }).await;
        let mut silent = TcpStream::connect(relay.address).await.unwrap();
        let mut half = TcpStream::connect(relay.address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.unwrap();
        let mut slow = TcpStream::connect(relay.address).await.unwrap();
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: 10\r\n\r\nx",
            api::LOGIN_FINISH);
        slow.write_all(head.as_bytes()).await.unwrap();
        for stream in [&mut silent, &mut half] {
            let mut answer = Vec::new();
            soon(stream.read_to_end(&mut answer)).await.ok();
            assert!(!answer.starts_with(b"HTTP/1.1 2"), "closed, or told of the timeout");
        }
        let mut answer = Vec::new();
        soon(slow.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    }

    async fn sixty_messages_at_once_and_twenty_a_second_by_an_account(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let mut socket = person.socket().await;
        let mut second = person.elsewhere(relay.browser()).await.socket().await;
        let mut writer = Writer::new(person.account, &[], 1);
        for seq in 1..=60 {
            let one_of_them = if seq % 2 == 0 { &mut socket } else { &mut second };
            assert_eq!(one_of_them.send(&writer.next(b"text")).await, Ok(seq));
        }
        let late = writer.next(b"text");
        let wanted = socket.post(&late).await;
        let refused = ServerFrame::Refused { req: wanted, refusal: Refusal::TooMany, retry_after_s: 1 };
        assert_eq!(socket.next().await, refused);
        relay.pass(49);
        assert_eq!(socket.send(&late).await, Err(Refusal::TooMany));
        relay.pass(1);
        assert_eq!(socket.send(&late).await, Ok(61), "nothing is lost by a refusal");
        let late = writer.next(b"text");
        for socket in [&mut socket, &mut second, &mut person.socket().await] {
            assert_eq!(socket.send(&late).await, Err(Refusal::TooMany), "a new connection brings nothing new");
        }
        let bob = relay.person("bob").await;
        assert_eq!(bob.socket().await.send(&Writer::new(bob.account, &[], 1).next(b"text")).await, Ok(1));
        drop((socket, second));
        relay.pass(3000);
        let mut again = person.socket().await;
        for _ in 0..60 {
            assert_eq!(again.send(&late).await, Ok(62), "the same again counts, and is answered as the first time");
        }
        assert_eq!(again.send(&late).await, Err(Refusal::TooMany));
    }

    async fn what_is_behind_a_refused_message_does_not_overtake_it(store) {
        let relay = Relay::with(store, |config| config.limits.messages_burst = 2).await;
        let person = relay.person("alice").await;
        let mut socket = person.socket().await;
        let (mut writer, mut other) = (Writer::new(person.account, &[], 1), Writer::new(person.account, &[], 2));
        for seq in 1..=2 {
            assert_eq!(socket.send(&writer.next(b"text")).await, Ok(seq));
        }
        let (third, fourth, fifth) = (writer.next(b"text"), writer.next(b"text"), writer.next(b"text"));
        assert_eq!(socket.send(&third).await, Err(Refusal::TooMany));
        // There is room again by the time that the next ones arrive, which were sent before the refusal was heard.
        relay.pass(1000);
        for behind in [&fourth, &fifth] {
            let wanted = socket.post(behind).await;
            let refused = ServerFrame::Refused { req: wanted, refusal: Refusal::TooMany, retry_after_s: 1 };
            assert_eq!(socket.next().await, refused);
        }
        assert_eq!(socket.send(&other.next(b"text")).await, Ok(3), "another stream has its own order");
        relay.pass(1000);
        assert_eq!(socket.send(&fourth).await, Err(Refusal::TooMany), "not before its turn");
        assert_eq!(socket.send(&third).await, Ok(4));
        assert_eq!(socket.send(&fourth).await, Ok(5));
        relay.pass(1000);
        assert_eq!(socket.send(&fifth).await, Ok(6));
    }

    async fn a_flood_of_pings_ends_the_connection(store) {
        let relay = Relay::start(store).await;
        let mut socket = relay.person("alice").await.socket().await;
        for nonce in 0..60 {
            socket.say(&ClientFrame::Ping { nonce }).await;
            assert_eq!(socket.next().await, ServerFrame::Pong { nonce });
        }
        socket.say(&ClientFrame::Ping { nonce: 60 }).await;
        assert_eq!(socket.closed().await, close::TRY_LATER);
    }

    async fn a_hundred_and_twenty_connections_opened_in_a_minute_by_an_account(store) {
        // The relay may see the end of one a moment after the beginning of the next.
        let relay = Relay::with(store, |config| {
            config.limits.sockets_per_account = 1000;
            config.limits.sockets_per_address = 1000;
        }).await;
        let person = relay.person("alice").await;
        for _ in 0..120 {
            let mut socket = person.live().await;
            soon(socket.ws.close(None)).await.unwrap();
            while soon(futures_util::StreamExt::next(&mut socket.ws)).await.is_some() {}
        }
        assert_eq!(person.socket().await.closed().await, close::TRY_LATER);
        relay.person("bob").await.live().await;
        relay.pass(MINUTE);
        person.live().await;
    }

    async fn readings_of_the_vault_are_counted_by_account(store) {
        let relay = Relay::with(store, |config| config.limits.vault_per_minute = 2).await;
        let person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await.browser;
        for browser in [&person.browser, &other] {
            assert_eq!(browser.get(api::VAULT).await.refusal(), None, "what a login answers is not counted");
        }
        for browser in [&person.browser, &other] {
            let answer = browser.get(api::VAULT).await;
            assert_eq!((answer.refusal(), answer.header("retry-after")), (Some(Refusal::TooMany), Some("60")));
        }
        assert_eq!(relay.person("bob").await.browser.get(api::VAULT).await.refusal(), None);
        relay.pass(MINUTE);
        assert_eq!(other.get(api::VAULT).await.refusal(), None);
    }

    async fn eight_connections_of_an_account(store) {
        let relay = Relay::with(store, |config| config.limits.sockets_per_minute = 1_000_000).await;
        let person = relay.person("alice").await;
        let mut sockets = Vec::new();
        for _ in 0..8 {
            sockets.push(person.live().await);
        }
        assert_eq!(person.socket().await.closed().await, close::TRY_LATER);
        relay.person("bob").await.live().await;
        // A place is free again once one has gone.
        let mut gone = sockets.pop().unwrap();
        soon(gone.ws.close(None)).await.unwrap();
        while soon(futures_util::StreamExt::next(&mut gone.ws)).await.is_some() {}
        let mut again = person.socket().await;
        // The relay may see the end of the old one a moment after the beginning of the new one.
        while let Err(code) = alive(&mut again).await {
            assert_eq!(code, close::TRY_LATER);
            again = person.socket().await;
        }
    }

    async fn sixty_four_connections_from_an_address(store) {
        let relay = Relay::with(store, |config| config.limits.sockets_per_address = 3).await;
        assert_eq!(signet::Limits::default().sockets_per_address, 64);
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let _sockets = [alice.live().await, alice.live().await, bob.live().await];
        assert_eq!(bob.socket().await.closed().await, close::TRY_LATER);
    }

    async fn a_message_may_have_its_limit_and_not_one_byte_more(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let mut socket = person.live().await;
        // Whole, but no frame: its first byte names none.
        socket.raw(Message::Binary(vec![0; limits::FRAME].into())).await;
        assert_eq!(socket.closed().await, close::MALFORMED);
        let mut socket = person.live().await;
        socket.raw(Message::Binary(vec![0; limits::FRAME + 1].into())).await;
        assert_eq!(socket.closed().await, close::TOO_BIG);
    }

    async fn what_waits_for_a_slow_disk_is_bounded_and_nothing_is_lost(store) {
        if store == crate::common::Store::Memory {
            return;
        }
        let relay = Relay::with(store, |config| config.limits.waiting_bytes = 250_000).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let (mut first, mut second) = (alice.socket().await, bob.socket().await);
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(relay.folder().join("signet.db"));
        let mut disk = sqlx::ConnectOptions::connect(&options).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut disk).await.unwrap();
        let waits = first.post(&Writer::new(alice.account, &[], 1).next(&[7; 120_000])).await;
        first.say(&ClientFrame::Ping { nonce: 1 }).await;
        assert_eq!(first.next().await, ServerFrame::Pong { nonce: 1 }, "the relay has it");
        let (mut writer, large) = (Writer::new(bob.account, &[], 1), Writer::new(bob.account, &[], 2).next(&[8; 130_000]));
        assert_eq!(second.send(&large).await, Err(Refusal::StoreUnavailable), "no room beside the first one");
        let small = second.post(&writer.next(b"small")).await;
        sqlx::raw_sql("ROLLBACK").execute(&mut disk).await.unwrap();
        for (socket, wanted) in [(&mut first, waits), (&mut second, small)] {
            let answer = socket.next().await;
            assert!(matches!(answer, ServerFrame::Sent { req, seq: 1, .. } if req == wanted), "{answer:?}");
        }
        assert_eq!(second.send(&large).await, Ok(2));
    }

    async fn a_slow_reader_is_disconnected_and_finds_everything_later(store) {
        let relay = Relay::with(store, |config| config.limits.messages_burst = 10_000).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut slow = bob.live().await;
        let mut socket = alice.socket().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        let text = vec![7; 100_000];
        // Far more than the kernel's buffers and the outbox hold together.
        for seq in 1..=300 {
            assert_eq!(socket.send(&writer.next(&text)).await, Ok(seq));
        }
        let mut seen = 0;
        let ended = loop {
            match soon(futures_util::StreamExt::next(&mut slow.ws)).await {
                Some(Ok(Message::Binary(bytes))) => {
                    let ServerFrame::Deliver { seq, .. } = ServerFrame::parse(&bytes).unwrap() else { panic!() };
                    seen += 1;
                    assert_eq!(seq, seen);
                }
                Some(Ok(Message::Close(frame))) => break frame.map(|frame| u16::from(frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break None,
            }
        };
        assert!(seen < 300, "disconnected before the end");
        assert!(ended.is_none_or(|code| code == close::TRY_LATER), "{ended:?}");
        let (head, backlog) = bob.socket().await.subscribe(seen).await;
        assert_eq!((head, backlog.len() as u64), (300, 300 - seen));
    }

    async fn silence_ends_a_connection(store) {
        let relay = Relay::with(store, |config| {
            config.limits.ping_seconds = 1;
            config.limits.dead_seconds = 2;
        }).await;
        let person = relay.person("alice").await;
        // One answers the pings and one does not: it is never read.
        let (mut alive, dead) = (person.live().await, person.live().await);
        let mut pings = 0;
        let answered = async {
            while pings < 4 {
                if let Message::Ping(_) = futures_util::StreamExt::next(&mut alive.ws).await.unwrap().unwrap() {
                    pings += 1;
                }
            }
        };
        soon(answered).await;
        alive.say(&ClientFrame::Ping { nonce: 1 }).await;
        assert_eq!(alive.next().await, ServerFrame::Pong { nonce: 1 });
        let mut tcp = dead.ws.into_inner();
        let mut rest = Vec::new();
        soon(tcp.read_to_end(&mut rest)).await.ok();
        assert!(!rest.is_empty(), "its pings, and then the end");
    }
}

async fn alive(socket: &mut Socket) -> Result<(), u16> {
    socket.raw(Message::Binary(ClientFrame::Ping { nonce: 1 }.to_bytes().into())).await;
    loop {
        match soon(futures_util::StreamExt::next(&mut socket.ws)).await {
            Some(Ok(Message::Binary(_))) => return Ok(()),
            Some(Ok(Message::Close(frame))) => return Err(frame.unwrap().code.into()),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_figures_are_those_that_are_published() {
    let limits = signet::Limits::default();
    let figures = [
        (limits.login_per_minute, 5),
        (limits.login_per_day, 50),
        (limits.login_per_address_minute, 30),
        (limits.register_per_address_hour, 30),
        (limits.addresses_per_network, 16),
        (limits.lookup_per_minute, 60),
        (limits.state_per_minute, 120),
        (limits.share_per_minute, 60),
        (limits.sessions_per_minute, 60),
        (limits.secret_per_minute, 20),
        (limits.secret_per_day, 100),
        (limits.vault_per_minute, 600),
        (limits.sockets_per_minute, 120),
        (limits.messages_per_second, 20),
        (limits.messages_burst, 60),
        (limits.socket_frames_per_second, 20),
        (limits.socket_frames_burst, 60),
        (limits.sockets_per_account, 8),
        (limits.sockets_per_address, 64),
        (limits.connections, 16_384),
        (limits.connections_per_address, 256),
        (limits.idle_seconds, 120),
        (limits.stalled_seconds, 30),
        (limits.waiting_bytes, 64 * 1024 * 1024),
        (limits.socket_queue_bytes, 1024 * 1024),
        (limits.frame_bytes, 256 * 1024),
        (limits.body_bytes, 256 * 1024),
        (limits.body_seconds, 15),
        (limits.header_seconds, 5),
        (limits.handshake_seconds, 10),
        (limits.ping_seconds, 30),
        (limits.dead_seconds, 75),
        (limits.session_idle_seconds, 7 * 24 * 3600),
        (limits.session_seconds, 30 * 24 * 3600),
        (limits.fresh_login_seconds, 600),
        (limits.pending_seconds, 600),
        (limits.login_step_seconds, 60),
        (limits.login_steps, 10_000),
        (limits.drain_seconds, 10),
        (limits.anew_per_address_minute, 30),
        (limits.anew_wait_seconds, 72 * 3600),
        (limits.anew_seconds, 30 * 24 * 3600),
        (limits.earlier_per_minute, 10),
        (limits.earlier_per_day, 100),
    ];
    assert!(figures.iter().all(|(is, should)| is == should), "{limits:?}");
}
