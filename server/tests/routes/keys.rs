use signet_shared::{
    api::{self, Lookup, PutKeys, Statements, Stored, Vault, Who},
    limits,
    statement::{SignedStatement, Statement},
    wire::{Refusal, ServerFrame},
};

use crate::common::{Browser, Relay, both, person};

async fn put(browser: &mut Browser, expected: u64, statement: &SignedStatement) -> Result<u64, Refusal> {
    let put = PutKeys { expected, keystore: b"the next keystore".to_vec(), statement: statement.to_bytes() };
    browser.ask::<Stored>(api::KEYS, &put).await.map(|stored| stored.version)
}

/// The statement that comes after, with another encryption key.
pub(crate) fn next(of: &SignedStatement, edit: impl FnOnce(&mut Statement)) -> SignedStatement {
    let mut statement = Statement { seq: of.statement.seq + 1, prev: of.statement.hash(), ..of.statement.clone() };
    statement.eks[0].spki = format!("encryption key {}", statement.seq).into();
    edit(&mut statement);
    SignedStatement { statement, sig: vec![2; 384], old_sig: Vec::new() }
}

both! {
    async fn keys_are_renewed_in_one_step_and_the_same_again_is_no_other(store) {
        let relay = Relay::start(store).await;
        let alice = relay.person("alice").await;
        let mut browser = alice.browser.clone();
        let (first, second) = (person::statement("alice"), next(&person::statement("alice"), |_| ()));
        for _ in 0..2 {
            assert_eq!(put(&mut browser, 1, &second).await, Ok(2));
        }
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.keystore.as_slice()), (2, &b"the next keystore"[..]));
        assert_eq!(vault.statements, [first.to_bytes(), second.to_bytes()]);
        let mut bob = relay.person("bob").await.browser;
        let lookup = Lookup { who: Who::Id(alice.account), after: 1 };
        assert_eq!(bob.ask::<Statements>(api::LOOKUP, &lookup).await.unwrap().statements, [second.to_bytes()]);
        assert_eq!(put(&mut browser, 2, &next(&second, |_| ())).await, Ok(3));
    }

    async fn what_does_not_follow_changes_nothing(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.person("alice").await.browser;
        let first = person::statement("alice");
        let conflict = Err(Refusal::VersionConflict);
        assert_eq!(put(&mut browser, 0, &next(&first, |_| ())).await, conflict);
        assert_eq!(put(&mut browser, 2, &next(&first, |_| ())).await, conflict);
        assert_eq!(put(&mut browser, 1, &next(&first, |next| next.seq = 3)).await, conflict);
        assert_eq!(put(&mut browser, 1, &next(&first, |next| next.prev.0[0] ^= 1)).await, conflict);
        let malformed = Err(Refusal::Malformed);
        assert_eq!(put(&mut browser, 1, &first).await, malformed, "the first is made by signing up");
        assert_eq!(put(&mut browser, 1, &next(&first, |next| next.nonce[0] ^= 1)).await, malformed);
        assert_eq!(put(&mut browser, 1, &next(&first, |next| next.account_id.0[0] ^= 1)).await, malformed);
        assert_eq!(put(&mut browser, 1, &next(&person::statement("bob"), |_| ())).await, malformed);
        let large = PutKeys { expected: 1, keystore: vec![0; limits::KEYSTORE + 1], statement: next(&first, |_| ()).to_bytes() };
        assert_eq!(browser.ask::<Stored>(api::KEYS, &large).await, malformed.map(|version| Stored { version }));
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.keystore_version, vault.statements), (1, vec![first.to_bytes()]));
        let mut nobody = relay.browser();
        assert_eq!(put(&mut nobody, 1, &next(&first, |_| ())).await, Err(Refusal::SignedOut));
    }

    async fn of_two_browsers_at_once_one_wins_and_the_other_hears_of_it(store) {
        let relay = Relay::start(store).await;
        let alice = relay.person("alice").await;
        let other = alice.elsewhere(relay.browser()).await;
        let mut theirs = other.live().await;
        let (mut one, mut two) = (alice.browser.clone(), other.browser.clone());
        let first = person::statement("alice");
        let (a, b) = (next(&first, |_| ()), next(&first, |next| next.eks[0].not_after = 7));
        assert_eq!(put(&mut one, 1, &a).await, Ok(2));
        assert_eq!(theirs.next().await, ServerFrame::KeysChanged { version: 2 });
        assert_eq!(put(&mut two, 1, &b).await, Err(Refusal::VersionConflict));
        assert_eq!(put(&mut two, 2, &next(&a, |_| ())).await, Ok(3));
    }

    async fn so_often_in_a_day_and_not_once_more(store) {
        let relay = Relay::with(store, |config| config.limits.keys_per_day = 2).await;
        let mut browser = relay.person("alice").await.browser;
        let second = next(&person::statement("alice"), |_| ());
        let third = next(&second, |_| ());
        assert_eq!(put(&mut browser, 1, &second).await, Ok(2));
        assert_eq!(put(&mut browser, 2, &third).await, Ok(3));
        assert_eq!(put(&mut browser, 3, &next(&third, |_| ())).await, Err(Refusal::TooMany));
        relay.pass(24 * 3600 * 1000);
        assert_eq!(put(&mut browser, 3, &next(&third, |_| ())).await, Ok(4));
    }
}
