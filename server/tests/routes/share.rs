use signet_shared::{
    api::{self, Shares, TakeShare},
    wire::Refusal,
};

use crate::common::{Browser, Relay, both};

async fn take(browser: &mut Browser, next: u8) -> Result<Vec<[u8; 32]>, Refusal> {
    browser.ask::<Shares>(api::SHARE_TAKE, &TakeShare { next: [next; 32] }).await.map(|shares| shares.shares)
}

async fn confirm(browser: &mut Browser, next: u8) -> Option<Refusal> {
    let answer = browser.post(api::SHARE_CONFIRM, api::Body::to_bytes(&TakeShare { next: [next; 32] })).await;
    assert!(answer.refusal().is_some() || answer.body.is_empty());
    answer.refusal()
}

both! {
    async fn a_share_is_handed_out_once_another_is_held_and_dropped_once_that_is_confirmed(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.person("alice").await.browser;
        assert_eq!(take(&mut browser, 1).await, Ok(vec![]));
        assert_eq!(confirm(&mut browser, 1).await, None);
        assert_eq!(take(&mut browser, 2).await, Ok(vec![[1; 32]]));
        // The browser dies before it confirms: both are there for its next start.
        assert_eq!(take(&mut browser, 3).await, Ok(vec![[1; 32], [2; 32]]));
        assert_eq!(confirm(&mut browser, 3).await, None);
        assert_eq!(take(&mut browser, 4).await, Ok(vec![[3; 32]]));
        assert_eq!(confirm(&mut browser, 9).await, Some(Refusal::NotFound));
    }

    async fn each_session_has_its_own(store) {
        let relay = Relay::start(store).await;
        let mut person = relay.person("alice").await;
        let mut other = person.elsewhere(relay.browser()).await;
        assert_eq!(take(&mut person.browser, 1).await, Ok(vec![]));
        assert_eq!(take(&mut other.browser, 2).await, Ok(vec![]));
        assert_eq!(confirm(&mut other.browser, 1).await, Some(Refusal::NotFound));
        assert_eq!(take(&mut person.browser, 3).await, Ok(vec![[1; 32]]));
    }

    async fn a_session_holds_four(store) {
        let relay = Relay::start(store).await;
        let mut browser = relay.person("alice").await.browser;
        for next in 1..=4 {
            assert!(take(&mut browser, next).await.is_ok());
        }
        assert_eq!(take(&mut browser, 5).await, Err(Refusal::TooMany));
        assert_eq!(take(&mut browser, 4).await.map(|held| held.len()), Ok(3), "the same again is no fifth");
        assert_eq!(confirm(&mut browser, 1).await, None);
        assert!(take(&mut browser, 5).await.is_ok());
    }
}
