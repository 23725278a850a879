use hyper::{Method, header};
use signet_shared::{
    api::{self, PutState, Vault},
    wire::{self, Refusal},
};

use crate::common::{Relay, Socket, both};

/// What other pages' requests look like, and which refusal they get: site, origin, host (`None` is our own), outcome.
type Case<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<Refusal>);

fn cases<'a>(own: &'a str, port: u16, strings: &'a [String; 4]) -> Vec<Case<'a>> {
    let [by_address, other_port, rebound, rebound_origin] = strings;
    assert!(other_port.ends_with(&(port ^ 1).to_string()));
    let cross = Some(Refusal::CrossSite);
    vec![
        (Some("same-origin"), Some(own), None, None),
        (None, Some(own), None, None),
        (Some("cross-site"), Some(own), None, cross),
        (Some("same-site"), Some(own), None, cross),
        (Some("none"), Some(own), None, cross),
        (Some("same-origin"), Some("https://evil.example"), None, cross),
        (None, Some("https://evil.example"), None, cross),
        (None, Some("null"), None, cross),
        (None, Some(""), None, cross),
        (None, Some(other_port), None, cross),
        (Some("cross-site"), None, None, cross),
        // The listener's own address is ours; a stranger's name that leads here (DNS rebinding) is not.
        (Some("same-origin"), Some(by_address), Some(by_address), None),
        (Some("same-origin"), Some(rebound_origin), Some(rebound), Some(Refusal::WrongOrigin)),
        (Some("same-origin"), Some(own), Some("anything.example"), None),
    ]
}

fn strings(relay: &Relay) -> [String; 4] {
    let port = relay.address.port();
    [
        format!("http://127.0.0.1:{port}"),
        format!("http://localhost:{}", port ^ 1),
        format!("evil.example:{port}"),
        format!("http://evil.example:{port}"),
    ]
}

fn tweak(
    mut request: hyper::http::request::Builder,
    (site, origin, host, _): Case<'_>,
) -> hyper::http::request::Builder {
    let headers = request.headers_mut().unwrap();
    for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
        headers.remove(name);
        if let Some(value) = value {
            headers.insert(name, value.parse().unwrap());
        }
    }
    if let Some(host) = host {
        let host = host.strip_prefix("http://").unwrap_or(host);
        headers.insert(header::HOST, host.parse().unwrap());
    }
    request
}

both! {
    async fn what_comes_from_another_page_changes_nothing(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let (own, strings) = (relay.origin(), strings(&relay));
        let mut version = 1;
        let all = cases(&own, relay.address.port(), &strings);
        // A program that is no browser says nothing at all, and has no page that could misuse it.
        for case in all.into_iter().chain([(None, None, None, None)]) {
            let request = tweak(person.browser.request(Method::POST, api::STATE), case);
            let put = PutState { expected: version, state: format!("{case:?}").into() };
            let answer = person.browser.send(request, api::Body::to_bytes(&put)).await;
            assert_eq!(answer.refusal(), case.3, "{case:?}");
            version += u64::from(case.3.is_none());
            let vault: Vault = person.browser.get(api::VAULT).await.parsed().unwrap();
            assert_eq!(vault.state_version, version, "{case:?}");
        }
        assert_eq!(version, 6);
    }

    async fn every_post_is_guarded_before_anything_else(store) {
        let relay = Relay::start(store).await;
        let browser = relay.browser();
        let paths = [api::REGISTER_START, api::REGISTER_FINISH, api::LOGIN_START, api::LOGIN_FINISH, api::SIGN_OUT,
            api::STATE, api::SHARE_TAKE, api::SHARE_CONFIRM, api::LOOKUP, api::SESSIONS_END, api::SECRET_START,
            api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH, api::ACCOUNT_DELETE, api::KEYS, api::ANEW_ASK, api::ANEW_ASK_HERE,
            api::ANEW_LOOK, api::ANEW_START, api::ANEW_FINISH, api::ANEW_REFUSE, api::EARLIER_START, api::EARLIER_FINISH,
            "/api/nothing", "/"];
        for path in paths {
            let request = tweak(browser.request(Method::POST, path), (Some("cross-site"), None, None, None));
            assert_eq!(browser.send(request, "").await.refusal(), Some(Refusal::CrossSite), "{path}");
        }
    }

    async fn a_form_cannot_speak_to_the_api(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let kinds = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"];
        for kind in kinds.map(Some).into_iter().chain([None]) {
            let mut request = person.browser.request(Method::POST, api::SIGN_OUT);
            let headers = request.headers_mut().unwrap();
            headers.remove(header::CONTENT_TYPE);
            if let Some(kind) = kind {
                headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            }
            assert_eq!(person.browser.send(request, "").await.refusal(), Some(Refusal::Malformed), "{kind:?}");
        }
        assert!(person.browser.get(api::VAULT).await.parsed::<Vault>().is_ok(), "still signed in");
    }

    async fn getting_changes_nothing(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let paths = [api::SIGN_OUT, api::STATE, api::SHARE_TAKE, api::SHARE_CONFIRM, api::LOOKUP, api::LOGIN_START,
            api::SESSIONS_END, api::SECRET_START, api::SECRET_PENDING, api::SECRET_TRY, api::SECRET_FINISH,
            api::ACCOUNT_DELETE, api::KEYS, api::ANEW_ASK_HERE, api::ANEW_REFUSE, api::EARLIER_START, api::EARLIER_FINISH];
        for path in paths {
            for method in [Method::GET, Method::HEAD] {
                let answer = person.browser.send(person.browser.request(method, path), "").await;
                assert_eq!(answer.status, 405, "{path}");
            }
        }
        assert!(person.browser.get(api::VAULT).await.parsed::<Vault>().is_ok());
    }

    async fn the_socket_opens_for_our_own_page_only(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let (own, strings) = (relay.origin(), strings(&relay));
        let all = cases(&own, relay.address.port(), &strings);
        // Here a browser always names its origin: without one the upgrade is refused.
        for case in all.into_iter().chain([(None, None, None, Some(Refusal::CrossSite)),
            (Some("same-origin"), None, None, Some(Refusal::CrossSite))])
        {
            let opened = Socket::try_open(&person.browser, |request| tweak(request, case)).await;
            let expected = case.3.map(|refusal| (refusal.status(), Some(refusal)));
            assert_eq!(opened.err(), expected, "{case:?}");
        }
    }

    async fn an_upgrade_that_is_none_is_refused(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let without = |name: &'static str| {
            move |mut request: hyper::http::request::Builder| {
                request.headers_mut().unwrap().remove(name);
                request
            }
        };
        let request = without("x")(person.browser.request(Method::GET, wire::PATH)).header("origin", relay.origin());
        assert_eq!(person.browser.send(request, "").await.refusal(), Some(Refusal::Malformed));
        let mut headers = person.browser.request(Method::GET, wire::PATH).header("origin", relay.origin());
        for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-protocol", "signet.v9")]
        {
            headers = headers.header(name, value);
        }
        assert_eq!(person.browser.send(headers, "").await.refusal(), Some(Refusal::Malformed), "another version");
    }
}
