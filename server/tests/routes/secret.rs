//! Replacing a password or a recovery key: at no moment do two of them open the account, and at none does none.

use std::time::Duration;

use opaque_ke::ClientLogin;
use signet_shared::{
    api::{
        self, Body, LoginFinish, PutKeys, PutState, SecretFinish, SecretPending, SecretStart, SecretTry, Shares,
        Stored, TakeShare, Vault, WithKeys,
    },
    limits,
    opaque::{KdfProfile, SecretKind},
    statement::SignedStatement,
    wire::{ClientFrame, Refusal, ServerFrame, close},
};

use crate::common::{
    Browser, Relay, Store, both,
    change::{finish, put, start, try_it, up_to_the_last},
    person::{Suite, SystemRng, login, login_begin, password, recovery, statement},
};
use crate::keys::next;

const PASSWORD: SecretKind = SecretKind::Password;
const KEY: SecretKind = SecretKind::RecoveryKey;
const MINUTE: u64 = 60_000;

/// As many logins as a test likes.
async fn relay(store: Store) -> Relay {
    relay_with(store, |_| {}).await
}

async fn relay_with(store: Store, tweak: impl FnOnce(&mut signet::Limits)) -> Relay {
    Relay::with(store, |config| {
        config.limits.login_per_minute = 1000;
        config.limits.login_per_day = 1000;
        config.limits.login_per_address_minute = 1000;
        tweak(&mut config.limits);
    })
    .await
}

/// Signed in a moment ago.
async fn fresh(relay: &Relay, kind: SecretKind, secret: &str) -> Browser {
    let mut browser = relay.browser();
    login(&mut browser, "alice", kind, secret).await.unwrap();
    browser
}

/// The slot that this secret leads to, if it opens the account.
async fn opens(relay: &Relay, kind: SecretKind, secret: &str) -> Option<String> {
    let mut browser = relay.browser();
    let begun = login_begin(&mut browser, "alice", kind, secret).await.unwrap();
    let finish = begun.finish(secret, &relay.origin())?;
    let vault: Vault = browser.ask(api::LOGIN_FINISH, &finish).await.unwrap();
    Some(String::from_utf8(vault.slot).unwrap())
}

async fn slot(browser: &Browser) -> Vec<u8> {
    browser.get(api::VAULT).await.parsed::<Vault>().unwrap().slot
}

both! {
    async fn a_new_secret_takes_the_place_of_the_old_one_at_the_last_step_and_not_before(store) {
        let (old_password, old_key) = (password("alice"), recovery("alice"));
        for (kind, old, other) in [(PASSWORD, &old_password, &old_key), (KEY, &old_key, &old_password)] {
            // By either secret: who forgot the password has the recovery key.
            for by in [PASSWORD, KEY] {
                let relay = relay(store).await;
                relay.person("alice").await;
                let (new, unchanged) = ("another secret altogether", if kind == PASSWORD { KEY } else { PASSWORD });
                let still_the_old_one = async || {
                    assert!(opens(&relay, kind, old).await.is_some());
                    assert_eq!(opens(&relay, kind, new).await, None);
                };
                let mut browser = fresh(&relay, by, if by == PASSWORD { &old_password } else { &old_key }).await;
                let access = start(&mut browser, kind, new).await.unwrap();
                still_the_old_one().await;
                put(&mut browser, kind, &access).await.unwrap();
                still_the_old_one().await;
                let last = try_it(&mut browser, kind, new).await.unwrap();
                still_the_old_one().await;
                assert_eq!(finish(&mut browser, &last).await, Ok(0));
                assert_eq!(opens(&relay, kind, old).await, None);
                assert_eq!(opens(&relay, kind, new).await, Some(format!("slot of {new}")));
                assert!(opens(&relay, unchanged, other).await.is_some(), "the other secret is as it was");
                let own = if by == kind { format!("slot of {new}") } else { opens(&relay, by, other).await.unwrap() };
                assert_eq!(slot(&browser).await, own.as_bytes(), "what opens with the secret of its session");
            }
        }
    }

    async fn only_a_login_of_the_last_ten_minutes_may_do_it(store) {
        let relay = relay(store).await;
        let mut signed_up = relay.person("alice").await.browser;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        let access = start(&mut browser, PASSWORD, "new password").await.unwrap();
        let refused = async |browser: &mut Browser| {
            let too_old = Some(Refusal::LoginTooOld);
            assert_eq!(start(browser, PASSWORD, "new password").await.err(), too_old);
            assert_eq!(put(browser, PASSWORD, &access).await.err(), too_old);
            assert_eq!(try_it(browser, PASSWORD, "new password").await.err(), too_old);
            assert_eq!(finish(browser, &last).await.err(), too_old);
        };
        refused(&mut signed_up).await;
        relay.pass(10 * MINUTE - 1);
        put(&mut browser, PASSWORD, &access).await.unwrap();
        let last = try_it(&mut browser, PASSWORD, "new password").await.unwrap();
        relay.pass(1);
        refused(&mut browser).await;
        assert_eq!(finish(&mut browser, &last).await, Err(Refusal::LoginTooOld));
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());
        // A session that is used is no fresher for it.
        assert!(browser.get(api::VAULT).await.parsed::<Vault>().is_ok());
        refused(&mut browser).await;
    }

    async fn a_session_of_the_replaced_secret_lives_on_and_replaces_nothing(store) {
        let relay = relay(store).await;
        let person = relay.person("alice").await;
        let mut stale = fresh(&relay, PASSWORD, &password("alice")).await;
        let pending = start(&mut stale, PASSWORD, "the thief's").await.unwrap();
        put(&mut stale, PASSWORD, &pending).await.unwrap();
        let by_key = fresh(&relay, KEY, &recovery("alice")).await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        assert_eq!(finish(&mut browser, &last).await, Ok(0));

        assert_eq!(start(&mut stale, PASSWORD, "the thief's").await.err(), Some(Refusal::LoginTooOld));
        assert_eq!(start(&mut stale, KEY, "the thief's").await.err(), Some(Refusal::LoginTooOld));
        assert_eq!(slot(&stale).await, b"", "nothing is left that its secret opens");
        let put = PutState { expected: 1, state: b"two".to_vec() };
        assert_eq!(stale.ask::<Stored>(api::STATE, &put).await, Ok(Stored { version: 2 }));
        assert_eq!(slot(&by_key).await, b"recovery slot");
        assert_eq!(slot(&person.browser).await, b"", "that of the sign-up, by the same password");
    }

    async fn what_was_tried_is_put_in_place_or_nothing(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let mut other = fresh(&relay, PASSWORD, &password("alice")).await;
        assert_eq!(try_it(&mut browser, PASSWORD, "one").await.err(), Some(Refusal::NotFound), "nothing there yet");
        let one = up_to_the_last(&mut browser, PASSWORD, "one").await.unwrap();
        assert_eq!(try_it(&mut browser, KEY, "one").await.err(), Some(Refusal::NotFound), "of that kind");
        assert_eq!(try_it(&mut other, PASSWORD, "one").await.err(), Some(Refusal::NotFound), "of that session");
        // The same browser again, and then another one.
        let two = up_to_the_last(&mut browser, PASSWORD, "two").await.unwrap();
        assert_eq!(finish(&mut browser, &one).await, Err(Refusal::VersionConflict));
        let three = up_to_the_last(&mut other, PASSWORD, "three").await.unwrap();
        assert_eq!(finish(&mut browser, &two).await, Err(Refusal::VersionConflict));
        assert_eq!(try_it(&mut browser, PASSWORD, "two").await.err(), Some(Refusal::NotFound));
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());
        assert_eq!(finish(&mut other, &three).await, Ok(0));
        assert!(opens(&relay, PASSWORD, "three").await.is_some());
    }

    async fn a_try_belongs_to_its_session_and_opens_none(store) {
        let relay = relay(store).await;
        let bob = relay.person("bob").await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        for mut other in [
            fresh(&relay, PASSWORD, &password("alice")).await,
            bob.elsewhere(relay.browser()).await.browser,
        ] {
            assert_eq!(finish(&mut other, &last).await, Err(Refusal::LoginFailed));
        }
        // It is no login, and a login is no try.
        let as_login = LoginFinish { login_id: last.login_id, ke3: last.ke3.clone() };
        assert_eq!(relay.browser().ask::<Vault>(api::LOGIN_FINISH, &as_login).await, Err(Refusal::LoginFailed));
        let begun = login_begin(&mut relay.browser(), "alice", PASSWORD, &password("alice")).await.unwrap();
        let LoginFinish { login_id, ke3 } = begun.finish(&password("alice"), &relay.origin()).unwrap();
        let as_try = SecretFinish { login_id, ke3, end_others: true, keys: WithKeys::Whatever };
        assert_eq!(finish(&mut browser, &as_try).await, Err(Refusal::LoginFailed));
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());
        assert_eq!(finish(&mut browser, &last).await, Ok(0), "none of it used the try up");
    }

    /// As where a password needs the secret key too: neither without the other.
    async fn a_keystore_goes_with_a_new_password_or_neither_does(store) {
        let relay = relay(store).await;
        let person = relay.person("alice").await;
        let mut theirs = person.live().await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        let first = statement("alice");
        let keys = |expected, statement: &SignedStatement| {
            WithKeys::Next(PutKeys { expected, keystore: b"the next keystore".to_vec(), statement: statement.to_bytes() })
        };
        let second = next(&first, |_| ());
        let wrong = [
            (WithKeys::Of(2), Refusal::VersionConflict),
            (keys(2, &second), Refusal::VersionConflict),
            (keys(1, &next(&first, |next| next.prev.0[0] ^= 1)), Refusal::VersionConflict),
            (keys(1, &next(&statement("bob"), |_| ())), Refusal::Malformed),
        ];
        for (keys, refusal) in wrong {
            assert_eq!(finish(&mut browser, &SecretFinish { keys, ..last.clone() }).await, Err(refusal));
        }
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.statements), (1, vec![first.to_bytes()]));
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());

        let last = SecretFinish { keys: keys(1, &second), ..last };
        for _ in 0..2 {
            assert_eq!(finish(&mut browser, &last).await, Ok(0), "the same again is answered as the first time");
        }
        assert_eq!(theirs.next().await, ServerFrame::KeysChanged { version: 2 });
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.keystore.as_slice()), (2, &b"the next keystore"[..]));
        assert_eq!(vault.statements, [first.to_bytes(), second.to_bytes()]);
        assert_eq!(vault.slot, b"slot of new password");
        // A password that was made by the keystore of before.
        let late = up_to_the_last(&mut browser, PASSWORD, "the third").await.unwrap();
        let stale = SecretFinish { keys: WithKeys::Of(1), ..late.clone() };
        assert_eq!(finish(&mut browser, &stale).await, Err(Refusal::VersionConflict));
        assert_eq!(finish(&mut browser, &SecretFinish { keys: WithKeys::Of(2), ..late }).await, Ok(0));
    }

    async fn one_wrong_last_message_ends_a_try(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        let wrong = SecretFinish { ke3: vec![7; 64], ..last.clone() };
        for finishes in [&wrong, &last] {
            assert_eq!(finish(&mut browser, finishes).await, Err(Refusal::LoginFailed));
        }
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());
        let again = try_it(&mut browser, PASSWORD, "new password").await.unwrap();
        assert_eq!(finish(&mut browser, &again).await, Ok(0));
    }

    async fn what_is_pending_and_what_was_tried_wait_so_long_and_no_longer(store) {
        let relay = relay_with(store, |limits| limits.fresh_login_seconds = 3600).await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        // Ten minutes for what is pending.
        let access = start(&mut browser, PASSWORD, "new password").await.unwrap();
        put(&mut browser, PASSWORD, &access).await.unwrap();
        relay.pass(10 * MINUTE - 1);
        let last = try_it(&mut browser, PASSWORD, "new password").await.unwrap();
        relay.pass(1);
        assert_eq!(try_it(&mut browser, PASSWORD, "new password").await.err(), Some(Refusal::NotFound));
        assert_eq!(finish(&mut browser, &last).await, Err(Refusal::VersionConflict));
        // A minute for what was tried.
        put(&mut browser, PASSWORD, &access).await.unwrap();
        let last = try_it(&mut browser, PASSWORD, "new password").await.unwrap();
        relay.pass(MINUTE);
        assert_eq!(finish(&mut browser, &last).await, Err(Refusal::LoginFailed));
        let last = try_it(&mut browser, PASSWORD, "new password").await.unwrap();
        relay.pass(MINUTE - 1);
        assert_eq!(finish(&mut browser, &last).await, Ok(0));
    }

    async fn all_other_sessions_end_if_asked_and_their_sockets_within_a_second(store) {
        let relay = relay(store).await;
        let person = relay.person("alice").await;
        let bob = relay.person("bob").await;
        let mut other = person.elsewhere(relay.browser()).await;
        let me = person.elsewhere(relay.browser()).await;
        let mut browser = me.browser.clone();
        let share = TakeShare { next: [7; 32] };
        for browser in [&mut browser, &mut other.browser] {
            browser.ask::<Shares>(api::SHARE_TAKE, &share).await.unwrap();
        }
        let (mut own, mut strange) = (me.live().await, bob.live().await);
        let mut ending = [person.live().await, other.live().await, other.live().await];
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        let last = SecretFinish { end_others: true, ..last };
        assert_eq!(finish(&mut browser, &last).await, Ok(2));
        let closed = async {
            for socket in &mut ending {
                assert_eq!(socket.closed().await, close::SESSION_ENDED);
            }
        };
        tokio::time::timeout(Duration::from_secs(1), closed).await.expect("within a second");
        for ended in [&person.browser, &other.browser] {
            assert_eq!(ended.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        }
        for socket in [&mut own, &mut strange] {
            socket.say(&ClientFrame::Ping { nonce: 1 }).await;
            assert_eq!(socket.next().await, ServerFrame::Pong { nonce: 1 });
        }
        assert_eq!(browser.ask::<Shares>(api::SHARE_TAKE, &share).await, Ok(Shares { shares: vec![] }), "only its own");
        assert_eq!(slot(&browser).await, b"slot of new password");
        if store == Store::Sqlite {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(relay.folder().join("signet.db"));
            let mut database = sqlx::ConnectOptions::connect(&options).await.unwrap();
            let shares: i64 = sqlx::query_scalar("SELECT count(*) FROM shares").fetch_one(&mut database).await.unwrap();
            assert_eq!(shares, 1, "those of the ended ones are gone");
        }
    }

    async fn the_same_again_is_answered_as_the_first_time_and_does_nothing(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        let last = SecretFinish { end_others: true, ..last };
        // The first one is still at work when the second comes.
        let mut twin = browser.clone();
        let (one, two) = tokio::join!(finish(&mut browser, &last), finish(&mut twin, &last));
        assert_eq!((one, two), (Ok(1), Ok(1)));
        let later = fresh(&relay, PASSWORD, "new password").await;
        assert_eq!(finish(&mut browser, &last).await, Ok(1));
        // The relay remembers it longer than the try, and than the login is fresh.
        relay.pass(11 * MINUTE);
        assert_eq!(finish(&mut browser, &last).await, Ok(1));
        assert_eq!(later.get(api::VAULT).await.refusal(), None, "a session that was opened since");
        assert!(opens(&relay, PASSWORD, "new password").await.is_some());
        let unknown = SecretFinish { login_id: [7; 32], ..last.clone() };
        assert_eq!(finish(&mut browser, &unknown).await, Err(Refusal::LoginTooOld));
        assert_eq!(finish(&mut later.clone(), &last).await, Err(Refusal::LoginTooOld), "another session's");
        let mut later = fresh(&relay, PASSWORD, "new password").await;
        assert_eq!(finish(&mut later, &last).await, Err(Refusal::LoginFailed), "another session's");
    }

    async fn a_login_begun_with_the_old_secret_opens_nothing_afterwards(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut late = relay.browser();
        let begun = login_begin(&mut late, "alice", PASSWORD, &password("alice")).await.unwrap();
        let by_key = login_begin(&mut late, "alice", KEY, &recovery("alice")).await.unwrap();
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        assert_eq!(finish(&mut browser, &last).await, Ok(0));
        let refused = begun.finish(&password("alice"), &relay.origin()).unwrap();
        assert_eq!(late.ask::<Vault>(api::LOGIN_FINISH, &refused).await, Err(Refusal::LoginFailed));
        assert!(late.cookie.is_none());
        let good = by_key.finish(&recovery("alice"), &relay.origin()).unwrap();
        assert!(late.ask::<Vault>(api::LOGIN_FINISH, &good).await.is_ok(), "the other secret is as it was");
    }

    async fn of_two_browsers_at_once_one_wins_and_the_other_is_told(store) {
        for end_others in [false, true] {
            let relay = relay(store).await;
            relay.person("alice").await;
            let (mut one, mut two) =
                (fresh(&relay, PASSWORD, &password("alice")).await, fresh(&relay, PASSWORD, &password("alice")).await);
            let change = async |browser: &mut Browser, secret: &str| {
                let last = up_to_the_last(browser, PASSWORD, secret).await?;
                finish(browser, &SecretFinish { end_others, ..last }).await
            };
            let (a, b) = tokio::join!(change(&mut one, "new one"), change(&mut two, "new two"));
            assert!(a.is_ok() || b.is_ok(), "{a:?} {b:?}");
            for (outcome, secret) in [(a, "new one"), (b, "new two")] {
                assert_eq!(opens(&relay, PASSWORD, secret).await.is_some(), outcome.is_ok(), "{outcome:?}");
            }
            assert_eq!(opens(&relay, PASSWORD, &password("alice")).await, None);
        }
    }

    async fn bodies_that_are_none_are_refused_and_change_nothing(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut browser = fresh(&relay, PASSWORD, &password("alice")).await;
        let good = start(&mut browser, PASSWORD, "new password").await.unwrap();
        let pending = |access: &api::Access| SecretPending { kind: PASSWORD, profile: KdfProfile::One, access: access.clone() };
        let mut long = good.clone();
        long.slot = vec![0; limits::SLOT + 1];
        let mut short = good.clone();
        short.record.pop();
        let mut other_kind = pending(&good).to_bytes();
        other_kind[0] = 7;
        let mut other_profile = pending(&good).to_bytes();
        other_profile[1] = 2;
        let request = |request: &[u8]| SecretStart { kind: PASSWORD, request: request.to_vec() }.to_bytes();
        let mut ke1 = ClientLogin::<Suite>::start(&mut SystemRng, b"new password").unwrap().message.serialize().to_vec();
        // A registration's first message is the first part of a login's.
        let point = ke1[..32].to_vec();
        assert_eq!(browser.post(api::SECRET_START, request(&point)).await.refusal(), None);
        let mut trailing = good.clone();
        trailing.record.push(0);
        let bodies = [
            (api::SECRET_START, request(&[1; 32])),
            (api::SECRET_START, request(&[])),
            (api::SECRET_START, request(&[&point[..], &[0]].concat())),
            (api::SECRET_PENDING, pending(&trailing).to_bytes()),
            (api::SECRET_PENDING, pending(&long).to_bytes()),
            (api::SECRET_PENDING, pending(&short).to_bytes()),
            (api::SECRET_PENDING, other_kind),
            (api::SECRET_PENDING, other_profile),
        ];
        for (path, body) in bodies {
            assert_eq!(browser.post(path, body).await.refusal(), Some(Refusal::Malformed), "{path}");
        }
        assert_eq!(try_it(&mut browser, PASSWORD, "new password").await.err(), Some(Refusal::NotFound));
        let whole = api::Access { slot: vec![0; limits::SLOT], ..good };
        assert_eq!(put(&mut browser, PASSWORD, &whole).await, Ok(()));
        ke1.push(0);
        for ke1 in [vec![1; 96], ke1] {
            let body = SecretTry { kind: PASSWORD, ke1 }.to_bytes();
            assert_eq!(browser.post(api::SECRET_TRY, body).await.refusal(), Some(Refusal::Malformed));
        }
        let mut last = up_to_the_last(&mut browser, PASSWORD, "new password").await.unwrap();
        last.ke3.push(0);
        assert_eq!(finish(&mut browser, &last).await, Err(Refusal::LoginFailed));
        assert!(opens(&relay, PASSWORD, &password("alice")).await.is_some());
    }
}
