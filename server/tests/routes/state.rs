use signet_shared::{
    AccountId,
    api::{self, Lookup, PutState, Statements, Stored, Vault, Who},
    limits,
    wire::{ClientFrame, Refusal, ServerFrame},
};

use crate::common::{Browser, Relay, both, person};

async fn put(browser: &mut Browser, expected: u64, state: &[u8]) -> Result<u64, Refusal> {
    let put = PutState { expected, state: state.to_vec() };
    browser.ask::<Stored>(api::STATE, &put).await.map(|stored| stored.version)
}

both! {
    async fn a_state_is_replaced_only_by_one_made_from_it(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.person("alice").await.browser;
        assert_eq!(put(&mut browser, 1, b"two").await, Ok(2));
        assert_eq!(put(&mut browser, 1, b"other").await, Err(Refusal::VersionConflict));
        assert_eq!(put(&mut browser, 3, b"other").await, Err(Refusal::VersionConflict));
        let vault: Vault = browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.state_version, vault.state), (2, b"two".to_vec()));
        let whole = vec![7; limits::STATE];
        assert_eq!(put(&mut browser, 2, &whole).await, Ok(3));
        assert_eq!(browser.get(api::VAULT).await.parsed::<Vault>().unwrap().state, whole);
        assert_eq!(put(&mut browser, 3, &vec![7; limits::STATE + 1]).await, Err(Refusal::Malformed));
    }

    async fn of_two_browsers_at_once_one_wins(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await;
        let (mut one, mut two) = (person.browser.clone(), other.browser.clone());
        let (a, b) = tokio::join!(put(&mut one, 1, b"one"), put(&mut two, 1, b"two"));
        let won: &[u8] = if a.is_ok() { b"one" } else { b"two" };
        let mut outcomes = [a, b];
        outcomes.sort_by_key(Result::is_err);
        assert_eq!(outcomes, [Ok(2), Err(Refusal::VersionConflict)]);
        let vault: Vault = person.browser.get(api::VAULT).await.parsed().unwrap();
        assert_eq!((vault.state_version, vault.state.as_slice()), (2, won));
    }

    async fn the_accounts_other_browsers_hear_of_it_and_nobody_else(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await;
        let stranger = relay.person("bob").await;
        let (mut own, mut theirs, mut strange) =
            (person.live().await, other.live().await, stranger.live().await);
        assert_eq!(put(&mut person.browser, 1, b"two").await, Ok(2));
        assert_eq!(theirs.next().await, ServerFrame::StateChanged { version: 2 });
        for socket in [&mut own, &mut strange] {
            socket.say(&ClientFrame::Ping { nonce: 1 }).await;
            assert_eq!(socket.next().await, ServerFrame::Pong { nonce: 1 }, "nothing before it");
        }
    }

    async fn who_was_away_hears_that_something_was_written(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await;
        assert_eq!(put(&mut person.browser, 1, b"two").await, Ok(2));
        let mut socket = person.socket().await;
        socket.say(&ClientFrame::Subscribe { after: 0 }).await;
        assert_eq!(socket.next().await, ServerFrame::Subscribed { head: 0, keystore: 1, state: 2 });
    }

    async fn statements_are_looked_up_by_exact_name_and_by_id(store) {
        let relay = Relay::start(store).await;
        let alice = relay.person("Alice").await;
        let mut browser = relay.person("bob").await.browser;
        let mut look = async |who: Who, after: u64| {
            browser.ask::<Statements>(api::LOOKUP, &Lookup { who, after }).await.map(|found| found.statements)
        };
        let statement = person::statement("Alice").to_bytes();
        let name = |name: &str| Who::Name(name.parse().unwrap());
        assert_eq!(look(name("alice"), 0).await, Ok(vec![statement.clone()]));
        assert_eq!(look(Who::Id(alice.account), 0).await, Ok(vec![statement]));
        assert_eq!(look(name("alice"), 1).await, Ok(vec![]));
        assert_eq!(look(name("alic"), 0).await, Err(Refusal::NoSuchAccount));
        assert_eq!(look(Who::Id(AccountId([0; 16])), 0).await, Err(Refusal::NoSuchAccount));
    }
}
