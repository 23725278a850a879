//! The fixed HTML documents: the same bytes for everyone, with nothing inline.

use leptos::prelude::Owner;

use crate::{Route, app, text};

/// The whole document of a page. The build fills in the names and hashes of the assets.
pub fn document(route: Route) -> String {
    let owner = Owner::new();
    let body = owner.with(|| app::app(route).into_html());
    let head = [
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1, interactive-widget=resizes-content\">",
        "<meta name=\"color-scheme\" content=\"light dark\"><title>",
        route.title(),
        "</title><meta name=\"description\" content=\"",
        text::DESCRIPTION,
        "\"><link rel=\"stylesheet\" href=\"{{asset:main.css}}\">",
        "<script type=\"module\" src=\"{{asset:boot.js}}\" integrity=\"{{integrity:boot.js}}\"></script></head><body>",
    ]
    .concat();
    let missing: String = MISSING.iter().map(|(id, title, says)| missing(id, title, says)).collect();
    let noscript = ["<noscript><p class=\"missing\">", text::MISSING_JAVASCRIPT, "</p></noscript>"].concat();
    [&head, &missing, &noscript, &body, "</body></html>\n"].concat()
}

/// One of these is shown by `boot.js` in place of starting.
const MISSING: [(&str, &str, &str); 5] = [
    ("missing-secure-context", text::MISSING_SECURE_CONTEXT, text::MISSING_SECURE_CONTEXT_TEXT),
    ("missing-webassembly", text::MISSING_WEBASSEMBLY, text::MISSING_WEBASSEMBLY_TEXT),
    ("missing-storage", text::MISSING_STORAGE, text::MISSING_STORAGE_TEXT),
    ("missing-cookies", text::MISSING_COOKIES, text::MISSING_COOKIES_TEXT),
    ("missing-browser", text::MISSING_BROWSER, text::MISSING_BROWSER_TEXT),
];

fn missing(id: &str, title: &str, says: &str) -> String {
    ["<section class=\"missing\" id=\"", id, "\" role=\"alert\" hidden><h2>", title, "</h2><p>", says, "</p></section>"]
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering_twice_gives_the_same_bytes() {
        for route in Route::ALL {
            assert_eq!(document(route), document(route), "{route:?}");
        }
    }

    #[test]
    fn nothing_is_inline() {
        for route in Route::ALL {
            let html = document(route);
            assert_eq!(html.matches("<script").count(), 1, "{route:?}");
            assert!(html.contains("integrity=\"{{integrity:boot.js}}\"></script>"));
            assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" onclick="), "{route:?}");
            assert!(!html.contains("javascript:"));
        }
    }

    #[test]
    fn every_page_has_its_controls() {
        for (route, words) in [
            (Route::Home, ["Create account", "Sign in"].as_slice()),
            (Route::SignUp, &["Username", "Password", "Repeat password", "Create account"]),
            (Route::SignIn, &["Username", "Password", "Sign in", "Stay signed in on this browser", "Use recovery key"]),
            (
                Route::Recover,
                &["Username", "Recovery key", "Sign in", "Stay signed in on this browser", "Use password"],
            ),
            (Route::Open, &["Open a backup", "Backup file", "Backup password", "Sign in"]),
            (Route::Chat, &["Conversations", "New conversation", "Connection", "Sign out"]),
            (
                Route::Settings,
                &[
                    "Theme",
                    "Sign out",
                    "Change password",
                    "Show recovery key status",
                    "Sessions",
                    "Sign out everywhere else",
                    "Export key backup",
                    "Import key backup",
                    "Test a backup",
                    "Export my data",
                    "Delete account",
                ],
            ),
            (Route::Privacy, &["What is not kept"]),
        ] {
            let html = document(route);
            for word in words {
                assert!(html.contains(word), "{route:?} lacks {word}");
            }
            for (id, ..) in MISSING {
                assert!(html.contains(id));
            }
        }
    }
}
