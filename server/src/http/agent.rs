use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use signet_shared::api::{BrowserFamily, SystemFamily};

use crate::app::App;

/// What the browser calls itself, so coarsely that a person knows it again in a list and hardly anything else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) browser: BrowserFamily,
    pub(crate) system: SystemFamily,
}

impl FromRequestParts<Arc<App>> for Agent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        let said = parts.headers.get(header::USER_AGENT).and_then(|said| said.to_str().ok());
        Ok(Self::read(said.unwrap_or_default()))
    }
}

/// The first that is named decides: most browsers also name those whose pages they want to be given.
const BROWSERS: [(&str, BrowserFamily); 16] = [
    ("SamsungBrowser/", BrowserFamily::SamsungInternet),
    ("Edg/", BrowserFamily::Edge),
    ("EdgA/", BrowserFamily::Edge),
    ("EdgiOS/", BrowserFamily::Edge),
    ("Edge/", BrowserFamily::Edge),
    ("OPR/", BrowserFamily::Other),
    ("OPT/", BrowserFamily::Other),
    ("Vivaldi/", BrowserFamily::Other),
    ("YaBrowser/", BrowserFamily::Other),
    ("DuckDuckGo/", BrowserFamily::Other),
    ("Firefox/", BrowserFamily::Firefox),
    ("FxiOS/", BrowserFamily::Firefox),
    ("CriOS/", BrowserFamily::Chrome),
    ("Chrome/", BrowserFamily::Chrome),
    ("Chromium/", BrowserFamily::Chrome),
    ("Safari/", BrowserFamily::Safari),
];

/// Likewise: Android names Linux, and iOS names macOS.
const SYSTEMS: [(&str, SystemFamily); 8] = [
    ("Windows", SystemFamily::Windows),
    ("Android", SystemFamily::Android),
    ("iPhone", SystemFamily::Ios),
    ("iPad", SystemFamily::Ios),
    ("iPod", SystemFamily::Ios),
    ("Mac OS X", SystemFamily::MacOs),
    ("CrOS", SystemFamily::Other),
    ("Linux", SystemFamily::Linux),
];

impl Agent {
    fn read(said: &str) -> Self {
        let browser = BROWSERS.iter().find(|(word, _)| said.contains(word));
        let system = SYSTEMS.iter().find(|(word, _)| said.contains(word));
        Self {
            browser: browser.map_or(BrowserFamily::Other, |(_, family)| *family),
            system: system.map_or(SystemFamily::Other, |(_, family)| *family),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say_of_themselves() {
        use {BrowserFamily as B, SystemFamily as S};
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), B::Firefox, S::Linux),
            ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0".into(), B::Firefox, S::Android),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 FxiOS/140.0 Mobile/15E148 Safari/605.1.15"
                    .into(),
                B::Firefox,
                S::Ios,
            ),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36"), B::Chrome, S::Windows),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/140.0 Mobile/15E148 Safari/604.1"
                    .into(),
                B::Chrome,
                S::Ios,
            ),
            (format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} HeadlessChrome/140.0.0.0 Safari/537.36"), B::Chrome, S::Linux),
            (format!("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {webkit} Chrome/140.0.0.0 Safari/537.36"), B::Chrome, S::Other),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"),
                B::Edge,
                S::Windows,
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0"),
                B::Edge,
                S::Android,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
                 Safari/605.1.15"
                    .into(),
                B::Safari,
                S::MacOs,
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 \
                 Mobile/15E148 Safari/604.1"
                    .into(),
                B::Safari,
                S::Ios,
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
                B::SamsungInternet,
                S::Android,
            ),
            (
                format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {webkit} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0"),
                B::Other,
                S::MacOs,
            ),
            ("curl/8.14.1".into(), B::Other, S::Other),
            (String::new(), B::Other, S::Other),
        ];
        for (said, browser, system) in cases {
            assert_eq!(Agent::read(&said), Agent { browser, system }, "{said}");
        }
    }
}
