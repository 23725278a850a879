use std::time::Duration;

use signet_shared::{
    api::{self, BrowserFamily, EndSessions, Ended, SessionHandle, SessionInfo, Sessions, SystemFamily, WhichSessions},
    opaque::SecretKind,
    wire::{ClientFrame, Refusal, ServerFrame, close},
};

use crate::common::{
    Browser, Relay, both,
    person::{login, recovery},
};

const START: u64 = 1_700_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;

async fn list(browser: &Browser) -> Vec<SessionInfo> {
    browser.get(api::SESSIONS).await.parsed::<Sessions>().unwrap().sessions
}

async fn handle(browser: &Browser) -> SessionHandle {
    list(browser).await.into_iter().find(|session| session.current).unwrap().handle
}

async fn end(browser: &mut Browser, which: WhichSessions) -> Result<u32, Refusal> {
    browser.ask::<Ended>(api::SESSIONS_END, &EndSessions { which }).await.map(|ended| ended.ended)
}

async fn lives(browser: &Browser) -> bool {
    browser.get(api::VAULT).await.refusal().is_none()
}

both! {
    async fn an_account_sees_its_own_sessions_and_which_it_is(store) {
        let relay = Relay::start(store).await;
        let mut first = relay.browser();
        first.agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        let person = crate::common::Person::register(first, "alice").await;
        relay.person("bob").await;
        relay.pass(DAY);
        let mut second = relay.browser();
        second.agent = Some("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1");
        login(&mut second, "alice", SecretKind::RecoveryKey, &recovery("alice")).await.unwrap();
        relay.pass(1);
        let third = person.elsewhere(relay.browser()).await.browser;

        let all = list(&third).await;
        let rows: Vec<_> = all.iter().map(|s| (s.created - START, s.used - START, s.browser, s.system, s.current)).collect();
        assert_eq!(rows, [
            (DAY + 1, DAY + 1, BrowserFamily::Other, SystemFamily::Other, true),
            (DAY, DAY, BrowserFamily::Safari, SystemFamily::Ios, false),
            (0, 0, BrowserFamily::Firefox, SystemFamily::Linux, false),
        ]);
        // Being used moves it up, and every session sees the same but for which it is.
        relay.pass(1);
        let seen = list(&person.browser).await;
        assert_eq!((seen[0].handle, seen[0].used, seen[0].current), (all[2].handle, START + DAY + 2, true));
        let handles = |sessions: &[SessionInfo]| {
            let mut handles: Vec<_> = sessions.iter().map(|session| session.handle).collect();
            handles.sort_unstable();
            handles.dedup();
            handles
        };
        assert_eq!((handles(&seen), handles(&seen).len()), (handles(&all), 3));
    }

    async fn what_has_run_out_is_not_listed_and_does_not_count(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        relay.pass(7 * DAY - 1);
        let mut browser = person.elsewhere(relay.browser()).await.browser;
        assert_eq!(list(&browser).await.len(), 2);
        relay.pass(1);
        assert_eq!(list(&browser).await.len(), 1);
        assert_eq!(end(&mut browser, WhichSessions::Others).await, Ok(0));
    }

    async fn one_session_is_ended_and_its_sockets_within_a_second(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let (other, third) = (person.elsewhere(relay.browser()).await, person.elsewhere(relay.browser()).await);
        let bob = relay.person("bob").await;
        let mut browser = person.browser.clone();
        let (mut stays, mut one, mut two) = (third.live().await, other.live().await, other.live().await);
        let one_of_them = WhichSessions::One(handle(&other.browser).await);
        assert_eq!(end(&mut browser, one_of_them).await, Ok(1));
        let closed = async { (one.closed().await, two.closed().await) };
        let closed = tokio::time::timeout(Duration::from_secs(1), closed).await;
        assert_eq!(closed.expect("within a second"), (close::SESSION_ENDED, close::SESSION_ENDED));
        assert_eq!(other.browser.get(api::VAULT).await.refusal(), Some(Refusal::SignedOut));
        assert_eq!(end(&mut browser, one_of_them).await, Ok(0), "again");
        let not_ones_own = WhichSessions::One(handle(&bob.browser).await);
        assert_eq!(end(&mut browser, not_ones_own).await, Ok(0));
        assert!(lives(&bob.browser).await && lives(&third.browser).await && lives(&browser).await);
        stays.say(&ClientFrame::Ping { nonce: 5 }).await;
        assert_eq!(stays.next().await, ServerFrame::Pong { nonce: 5 });
    }

    async fn all_others_are_ended(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let (other, third) = (person.elsewhere(relay.browser()).await, person.elsewhere(relay.browser()).await);
        let bob = relay.person("bob").await;
        let mut sockets = [other.live().await, third.live().await];
        let mut browser = person.browser.clone();
        assert_eq!(end(&mut browser, WhichSessions::Others).await, Ok(2));
        let closed = async {
            for socket in &mut sockets {
                assert_eq!(socket.closed().await, close::SESSION_ENDED);
            }
        };
        tokio::time::timeout(Duration::from_secs(1), closed).await.expect("within a second");
        assert!(!lives(&other.browser).await && !lives(&third.browser).await);
        assert!(lives(&browser).await && lives(&bob.browser).await);
        assert_eq!(end(&mut browser, WhichSessions::Others).await, Ok(0));
    }

    async fn a_session_that_ends_itself_loses_its_cookie(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let other = person.elsewhere(relay.browser()).await.browser;
        let (mut socket, mut browser) = (person.live().await, person.browser.clone());
        let itself = WhichSessions::One(handle(&browser).await);
        assert_eq!(end(&mut browser, itself).await, Ok(1));
        assert_eq!(browser.cookie, None);
        assert_eq!(socket.closed().await, close::SESSION_ENDED);
        assert!(!lives(&person.browser).await && lives(&other).await);
    }
}
