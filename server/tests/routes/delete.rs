//! Deleting an account.

use std::time::Duration;

use signet_shared::{
    api::{self, Lookup, Statements, Who},
    opaque::SecretKind,
    wire::{Refusal, close},
};

use crate::common::{
    Browser, Relay, Writer, both,
    person::{Person, login, login_begin, password, recovery, registration},
};

const MINUTE: u64 = 60_000;

async fn delete(browser: &mut Browser) -> Option<Refusal> {
    let answer = browser.post(api::ACCOUNT_DELETE, Vec::new()).await;
    assert!(answer.refusal().is_some() || answer.status == 200 && answer.body.is_empty());
    answer.refusal()
}

async fn look_up(browser: &mut Browser, who: Who) -> Result<usize, Refusal> {
    let found: Result<Statements, _> = browser.ask(api::LOOKUP, &Lookup { who, after: 0 }).await;
    found.map(|found| found.statements.len())
}

both! {
    async fn a_deleted_account_is_gone_for_everybody_and_its_name_for_ever(store) {
        let relay = Relay::start(store).await;
        let alice = relay.person("alice").await;
        let mut bob = relay.person("bob").await;
        let mut to_alice = bob.live().await;
        let elsewhere = alice.elsewhere(relay.browser()).await;
        let mut listens = elsewhere.live().await;
        let mut browser = relay.browser();
        login(&mut browser, "alice", SecretKind::RecoveryKey, &recovery("alice")).await.unwrap();
        // Something between the two, so that there is a history to keep.
        let mut letters = Writer::new(bob.account, &[alice.account], 1);
        assert_eq!(to_alice.send(&letters.next(b"hello")).await, Ok(1));

        assert_eq!(delete(&mut browser).await, None);
        let closed = tokio::time::timeout(Duration::from_secs(1), listens.closed()).await;
        assert_eq!(closed.expect("within a second"), close::SESSION_ENDED);
        for gone in [&browser, &alice.browser, &elsewhere.browser] {
            assert_eq!(gone.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        }
        assert_eq!(delete(&mut browser).await, Some(Refusal::SignedOut));

        // A login meets what it meets for a name that nobody has.
        let begun = login_begin(&mut browser, "alice", SecretKind::Password, &password("alice")).await.unwrap();
        assert!(begun.finish(&password("alice"), &relay.origin()).is_none());
        for name in ["alice", "Alice"] {
            assert_eq!(registration(&mut relay.browser(), name).await.err(), Some(Refusal::UsernameTaken));
        }
        assert_eq!(look_up(&mut bob.browser, Who::Name("alice".parse().unwrap())).await, Err(Refusal::NoSuchAccount));
        assert_eq!(look_up(&mut bob.browser, Who::Id(alice.account)).await, Ok(1), "what bob has of her can be checked");
        assert_eq!(to_alice.send(&letters.next(b"are you there?")).await, Err(Refusal::NoSuchAccount));
        let (head, backlog) = bob.socket().await.subscribe(0).await;
        assert_eq!((head, backlog.len()), (1, 1), "what bob has stays his");
    }

    async fn it_takes_a_login_of_the_last_ten_minutes(store) {
        let relay = Relay::start(store).await;
        let alice = relay.person("alice").await;
        let Person { browser: mut signed_up, .. } = alice;
        assert_eq!(delete(&mut signed_up).await, Some(Refusal::LoginTooOld), "a sign-up shows that nobody knows anything");
        assert_eq!(delete(&mut relay.browser()).await, Some(Refusal::SignedOut));
        let mut browser = relay.browser();
        login(&mut browser, "alice", SecretKind::Password, &password("alice")).await.unwrap();
        relay.pass(10 * MINUTE);
        assert_eq!(delete(&mut browser).await, Some(Refusal::LoginTooOld));
        login(&mut browser, "alice", SecretKind::Password, &password("alice")).await.unwrap();
        relay.pass(10 * MINUTE - 1);
        assert_eq!(delete(&mut browser).await, None);
    }
}
