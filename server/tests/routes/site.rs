use std::fs;

use signet_shared::api;

use crate::common::{Browser, Relay, Store};

const PAGES: [(&str, &str); 8] = [
    ("/", "index"),
    ("/sign-up", "sign-up"),
    ("/sign-in", "sign-in"),
    ("/recover", "recover"),
    ("/open-backup", "open-backup"),
    ("/chat", "chat"),
    ("/settings", "settings"),
    ("/privacy", "privacy"),
];

async fn built() -> (Relay, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for part in ["pages", "assets"] {
        fs::create_dir(folder.path().join(part)).unwrap();
    }
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    for (_, name) in PAGES {
        write(&format!("pages/{name}.html"), &format!("<title>{name}</title>"));
        write(&format!("pages/{name}.html.br"), &format!("brotli of {name}"));
    }
    write("assets/boot.abc123.js", "boot()");
    write("assets/boot.abc123.js.br", "brotli of boot");
    write("assets/page.def456.wasm", "wasm");
    write("manifest.json", "{}");
    let site = folder.path().to_owned();
    (Relay::with(Store::Memory, |config| config.site = Some(site)).await, folder)
}

async fn get(browser: &Browser, path: &str, headers: &[(&str, &str)]) -> crate::common::Answer {
    let request =
        headers.iter().fold(browser.request(hyper::Method::GET, path), |r, (name, value)| r.header(*name, *value));
    browser.send(request, "").await
}

#[tokio::test]
async fn every_page_is_the_same_bytes_for_everyone() {
    let (relay, _folder) = built().await;
    let (stranger, person) = (relay.browser(), relay.person("alice").await.browser);
    for (path, name) in PAGES {
        let (one, two) = (get(&stranger, path, &[]).await, get(&person, &format!("{path}?x=1"), &[]).await);
        assert_eq!(one.body, format!("<title>{name}</title>"), "{path}");
        assert_eq!(one.body, two.body);
        assert_eq!(one.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(one.header("cache-control"), Some("no-cache"));
        assert_eq!(one.header("etag"), two.header("etag"));
        let cached = get(&person, path, &[("if-none-match", one.header("etag").unwrap())]).await;
        assert_eq!((cached.status.as_u16(), cached.body.len()), (304, 0));
        assert!(cached.header("content-security-policy").is_some());
        let head = person.send(person.request(hyper::Method::HEAD, path), "").await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_and_compressed_for_who_can_read_it() {
    let (relay, _folder) = built().await;
    let browser = relay.browser();
    let plain = get(&browser, "/assets/boot.abc123.js", &[]).await;
    assert_eq!(plain.body, "boot()");
    assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
    let packed = get(&browser, "/assets/boot.abc123.js", &[("accept-encoding", "gzip, deflate, br;q=0.9, zstd")]).await;
    assert_eq!((packed.body.as_ref(), packed.header("content-encoding")), (&b"brotli of boot"[..], Some("br")));
    assert_eq!(packed.header("content-type"), Some("text/javascript; charset=utf-8"));
    for not in ["gzip", "br;q=0", "brx", ""] {
        let answer = get(&browser, "/assets/boot.abc123.js", &[("accept-encoding", not)]).await;
        assert_eq!(answer.header("content-encoding"), None, "{not}");
    }
    let wasm = get(&browser, "/assets/page.def456.wasm", &[("accept-encoding", "br")]).await;
    assert_eq!((wasm.header("content-type"), wasm.header("content-encoding")), (Some("application/wasm"), None));
    let manifest = get(&browser, "/manifest.json", &[]).await;
    assert_eq!(
        (manifest.header("content-type"), manifest.header("cache-control")),
        (Some("application/json"), Some("no-cache"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_plain_page() {
    let (relay, _folder) = built().await;
    let browser = relay.browser();
    for path in [
        "/nothing",
        "/assets/nothing.js",
        "/assets/boot.abc123.js.br",
        "/pages/chat.html",
        "/chat/",
        "/chat.html",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "//",
        "/assets/",
    ] {
        let answer = get(&browser, path, &[]).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(answer.header("content-security-policy").is_some());
    }
    assert_eq!(get(&browser, "/api/nothing", &[]).await.refusal(), Some(signet_shared::wire::Refusal::NotFound));
    assert!(get(&browser, api::ABOUT, &[]).await.status.is_success());
}
