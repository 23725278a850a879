//! Replacing everything that opens an account, in one request.

use signet_shared::{
    api::{
        self, AnewClaim, AnewStand, Body, Ended, LastStep, PutKeys, PutState, Rescue, SecretFinish, Shares, TakeShare,
        Vault,
    },
    limits,
    opaque::SecretKind,
    wire::{Refusal, ServerFrame, close},
};

use crate::{
    common::{
        Browser, Relay, Socket, Store, both,
        change::up_to_the_last,
        person::{self, login, login_begin, password, recovery},
    },
    keys::next,
};

const PASSWORD: SecretKind = SecretKind::Password;
const KEY: SecretKind = SecretKind::RecoveryKey;
const NEW: [&str; 2] = ["a new password of hers", "a new recovery key"];

async fn relay(store: Store) -> Relay {
    Relay::with(store, |config| {
        config.limits.login_per_minute = 1000;
        config.limits.login_per_day = 1000;
        config.limits.login_per_address_minute = 1000;
    })
    .await
}

/// A fresh session of hers, and the request that it can make.
async fn up_to_it(relay: &Relay) -> (Browser, Rescue) {
    let mut browser = relay.browser();
    login(&mut browser, "alice", PASSWORD, &password("alice")).await.unwrap();
    let last = |finish: SecretFinish| LastStep { login_id: finish.login_id, ke3: finish.ke3 };
    let [new_password, new_key] = NEW;
    let rescue = Rescue {
        password: last(up_to_the_last(&mut browser, PASSWORD, new_password).await.unwrap()),
        recovery: last(up_to_the_last(&mut browser, KEY, new_key).await.unwrap()),
        keys: PutKeys {
            expected: 1,
            keystore: b"new keystore".to_vec(),
            statement: next(&person::statement("alice"), |next| next.ik_spki = b"a new identity".to_vec()).to_bytes(),
        },
        state: PutState { expected: 1, state: b"new state".to_vec() },
    };
    (browser, rescue)
}

async fn ask(browser: &mut Browser, rescue: &Rescue) -> Result<u32, Refusal> {
    browser.ask::<Ended>(api::RESCUE, rescue).await.map(|ended| ended.ended)
}

async fn opens(relay: &Relay, kind: SecretKind, secret: &str) -> bool {
    let mut browser = relay.browser();
    let begun = login_begin(&mut browser, "alice", kind, secret).await.unwrap();
    let Some(finish) = begun.finish(secret, &relay.origin()) else { return false };
    browser.ask::<Vault>(api::LOGIN_FINISH, &finish).await.is_ok()
}

/// Which of the old and the new secrets open the account.
async fn open(relay: &Relay) -> [bool; 4] {
    let [new_password, new_key] = NEW;
    [
        opens(relay, PASSWORD, &password("alice")).await,
        opens(relay, KEY, &recovery("alice")).await,
        opens(relay, PASSWORD, new_password).await,
        opens(relay, KEY, new_key).await,
    ]
}

const OLD: [bool; 4] = [true, true, false, false];

both! {
    async fn everything_is_replaced_at_once_and_the_same_again_is_no_other(store) {
        let relay = relay(store).await;
        let signed_up = relay.person("alice").await.browser;
        let mut thief = relay.browser();
        login(&mut thief, "alice", PASSWORD, &password("alice")).await.unwrap();
        let mut socket = Socket::open(&thief).await;
        let (mut browser, rescue) = up_to_it(&relay).await;
        browser.ask::<Shares>(api::SHARE_TAKE, &TakeShare { next: [1; 32] }).await.unwrap();
        // The sessions of the sign-up and of the thief.
        for _ in 0..2 {
            assert_eq!(ask(&mut browser, &rescue).await, Ok(2));
        }
        assert_eq!(open(&relay).await, [false, false, true, true]);
        assert_eq!(socket.closed().await, close::SESSION_ENDED);
        for gone in [&signed_up, &thief] {
            assert_eq!(gone.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        }
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.state_version, vault.statements.len()), (2, 2, 2));
        assert_eq!((vault.keystore.as_slice(), vault.state.as_slice()), (&b"new keystore"[..], &b"new state"[..]));
        let held = browser.ask::<Shares>(api::SHARE_TAKE, &TakeShare { next: [2; 32] }).await.unwrap();
        assert!(held.shares.is_empty(), "of the old master key");
    }

    async fn a_request_to_start_anew_is_refused_with_it_and_the_alarm_ends(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let mut thief = relay.browser();
        login(&mut thief, "alice", PASSWORD, &password("alice")).await.unwrap();
        let (mut browser, rescue) = up_to_it(&relay).await;
        let mut socket = Socket::open(&browser).await;
        thief.ask::<AnewStand>(api::ANEW_ASK_HERE, &AnewClaim { claim: [1; 32] }).await.unwrap();
        assert!(matches!(socket.next().await, ServerFrame::Anew(Some(_))));
        assert!(ask(&mut browser, &rescue).await.is_ok());
        assert_eq!(socket.next().await, ServerFrame::Anew(None));
        let look = AnewClaim { claim: [1; 32] };
        assert_eq!(thief.ask::<AnewStand>(api::ANEW_LOOK, &look).await, Ok(AnewStand::Refused));
    }

    async fn what_does_not_follow_changes_nothing(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let (mut browser, rescue) = up_to_it(&relay).await;
        let other = |edit: fn(&mut Rescue)| {
            let mut other = rescue.clone();
            edit(&mut other);
            other
        };
        let conflict = Err(Refusal::VersionConflict);
        assert_eq!(ask(&mut browser, &other(|q| q.keys.expected = 2)).await, conflict);
        assert_eq!(ask(&mut browser, &other(|q| q.state.expected = 2)).await, conflict);
        let statement = person::statement("alice").to_bytes();
        assert_eq!(ask(&mut browser, &Rescue { keys: PutKeys { statement, ..rescue.keys.clone() }, ..rescue.clone() }).await, Err(Refusal::Malformed));
        let failed = Err(Refusal::LoginFailed);
        assert_eq!(ask(&mut browser, &other(|q| core::mem::swap(&mut q.password, &mut q.recovery))).await, failed);
        let mut thief = relay.browser();
        login(&mut thief, "alice", PASSWORD, &password("alice")).await.unwrap();
        assert_eq!(ask(&mut thief, &rescue).await, failed, "another session's tries");
        assert_eq!(ask(&mut relay.browser(), &rescue).await, Err(Refusal::SignedOut));
        assert_eq!(open(&relay).await, OLD);
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.state_version, vault.statements.len()), (1, 1, 1));
        // As large as it can be.
        let large = other(|q| {
            q.keys.keystore = vec![1; limits::KEYSTORE];
            q.state.state = vec![1; limits::STATE];
        });
        assert!(large.to_bytes().len() > limits::BODY);
        assert_eq!(ask(&mut browser, &large).await, Ok(4)); // with those that have tried the secrets
        assert_eq!(open(&relay).await, [false, false, true, true]);
    }

    async fn a_login_that_was_not_finished_rightly_is_none(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let (mut browser, mut rescue) = up_to_it(&relay).await;
        rescue.recovery.ke3[0] ^= 1;
        assert_eq!(ask(&mut browser, &rescue).await, Err(Refusal::LoginFailed));
        rescue.recovery.ke3[0] ^= 1;
        assert_eq!(ask(&mut browser, &rescue).await, Err(Refusal::LoginFailed), "no second try");
        assert_eq!(open(&relay).await, OLD);
    }

    async fn only_a_login_of_the_last_ten_minutes_may_do_it(store) {
        let relay = relay(store).await;
        relay.person("alice").await;
        let (mut browser, rescue) = up_to_it(&relay).await;
        relay.pass(600_000);
        assert_eq!(ask(&mut browser, &rescue).await, Err(Refusal::LoginTooOld));
        assert_eq!(open(&relay).await, OLD);
    }
}
