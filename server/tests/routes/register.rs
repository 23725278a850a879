use signet_shared::{
    api::{self, About, RegisterFinish, RegisterStart},
    opaque::SecretKind,
    statement::SignedStatement,
    wire::Refusal,
};

use crate::common::{
    Person, Relay, both,
    person::{self, login, password, recovery},
};

type Tweak = Box<dyn FnOnce(&mut RegisterFinish)>;

both! {
    async fn an_account_is_made_and_opened_with_either_secret(store) {
        let relay = Relay::start(store).await;
        let (browser, made) = Person::try_register(relay.browser(), "Alice", |_| {}).await.unwrap();
        assert!(browser.cookie.is_some());
        assert_eq!((made.keystore_version, made.state_version), (1, 1));
        assert_eq!((made.keystore.as_slice(), made.state.as_slice()), (&b"sealed keystore"[..], &b"sealed state"[..]));
        assert_eq!(made.statements, [person::statement("Alice").to_bytes()]);
        for (kind, secret, slot) in [
            (SecretKind::Password, password("Alice"), &b"password slot"[..]),
            (SecretKind::RecoveryKey, recovery("Alice"), &b"recovery slot"[..]),
        ] {
            let vault = login(&mut relay.browser(), "aLICE", kind, &secret).await.unwrap();
            assert_eq!((vault.account_id, vault.slot.as_slice()), (made.account_id, slot));
        }
    }

    async fn a_taken_name_is_refused_at_both_steps_whatever_its_capitals(store) {
        let relay = Relay::start(store).await;
        let mut late = relay.browser();
        let finish = person::registration(&mut late, "alice").await.unwrap();
        relay.person("Alice").await;
        assert_eq!(late.ask::<api::Vault>(api::REGISTER_FINISH, &finish).await, Err(Refusal::UsernameTaken));
        assert!(late.cookie.is_none());
        let again = person::registration(&mut relay.browser(), "ALICE").await;
        assert_eq!(again.unwrap_err(), Refusal::UsernameTaken);
    }

    async fn the_same_again_is_answered_as_the_first_time(store) {
        let relay = Relay::start(store).await;
        let finish = person::registration(&mut relay.browser(), "alice").await.unwrap();
        // The answer to the first one never arrived, and neither did its cookie.
        let made = relay.browser().ask::<api::Vault>(api::REGISTER_FINISH, &finish).await.unwrap();
        let mut browser = relay.browser();
        assert_eq!(browser.ask::<api::Vault>(api::REGISTER_FINISH, &finish).await, Ok(made.clone()));
        assert_eq!(browser.get(api::VAULT).await.parsed::<api::Vault>(), Ok(made), "signed in");
        let mut other = finish.clone();
        other.keystore[0] ^= 1;
        let mut thief = relay.browser();
        assert_eq!(thief.ask::<api::Vault>(api::REGISTER_FINISH, &other).await, Err(Refusal::UsernameTaken));
        relay.pass(60 * 60 * 1000);
        assert_eq!(thief.ask::<api::Vault>(api::REGISTER_FINISH, &finish).await, Err(Refusal::UsernameTaken));
        assert!(thief.cookie.is_none());
    }

    async fn what_does_not_fit_together_is_refused_and_leaves_no_account(store) {
        let relay = Relay::start(store).await;
        let statement = |change: fn(&mut SignedStatement)| {
            let mut statement = person::statement("alice");
            change(&mut statement);
            statement.to_bytes()
        };
        let other = statement(|s| s.statement.ik_spki = b"another key".to_vec());
        let second = statement(|s| s.statement.seq = 2);
        let chained = statement(|s| s.statement.prev.0 = [1; 32]);
        let named = person::statement("bob").to_bytes();
        let tweaks: [Tweak; 8] = [
            Box::new(|f| f.account_id.0[0] ^= 1),
            Box::new(|f| f.statement = other),
            Box::new(|f| f.statement = second),
            Box::new(|f| f.statement = chained),
            Box::new(|f| f.statement = named),
            Box::new(|f| f.statement = b"no statement".to_vec()),
            Box::new(|f| f.password.record = vec![0; 192]),
            Box::new(|f| f.recovery.record.truncate(191)),
        ];
        for tweak in tweaks {
            let refused = Person::try_register(relay.browser(), "alice", tweak).await.map(|_| ());
            assert_eq!(refused, Err(Refusal::Malformed));
        }
        relay.person("alice").await;
    }

    async fn bodies_that_are_none_are_refused(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.browser();
        let good = RegisterStart { username: "alice".parse().unwrap(), password: vec![1; 32], recovery: vec![1; 32] };
        for body in [vec![], b"{}".to_vec(), vec![0; 100], api::Body::to_bytes(&good)] {
            // The last is well formed, but holds no points of the curve.
            assert_eq!(browser.post(api::REGISTER_START, body).await.refusal(), Some(Refusal::Malformed));
        }
        let mut trailing = api::Body::to_bytes(&person::registration(&mut browser, "alice").await.unwrap());
        trailing.push(0);
        assert_eq!(browser.post(api::REGISTER_FINISH, trailing).await.refusal(), Some(Refusal::Malformed));
    }

    async fn a_closed_relay_takes_no_accounts_and_says_so(store) {
        let relay = Relay::with(store, |config| config.registration_open = false).await;
        let mut browser = relay.browser();
        let about: About = browser.get(api::ABOUT).await.parsed().unwrap();
        assert_eq!(about, About { public_url: relay.origin(), registration_open: false });
        let refused = person::registration(&mut browser, "alice").await;
        assert_eq!(refused.unwrap_err(), Refusal::RegistrationClosed);
        let open = Relay::start(store).await;
        let finish = person::registration(&mut open.browser(), "alice").await.unwrap();
        let refused = browser.ask::<api::Vault>(api::REGISTER_FINISH, &finish).await;
        assert_eq!(refused, Err(Refusal::RegistrationClosed));
    }
}
