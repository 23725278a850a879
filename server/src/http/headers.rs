use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::origin::{self, Origin};

/// The headers of every response, whatever its status.
pub(crate) struct Security {
    fixed: Vec<(HeaderName, HeaderValue)>,
    strict_transport: bool,
}

/// Everything that a browser offers a page and this one has no use for. The clipboard is written by the button "Copy", and
/// the camera scans the other person's code; asking the person is the browser's part. Only what Chromium knows: it warns of every other name on every page.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(self), \
    clipboard-read=(), clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
    geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), \
    midi=(), payment=(), picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
    screen-wake-lock=(), serial=(), storage-access=(), usb=(), xr-spatial-tracking=()";

impl Security {
    pub(crate) fn new(origin: &Origin) -> Self {
        let socket = if origin.is_secure() { "wss" } else { "ws" };
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {socket}://{}; \
             style-src 'self'; img-src 'self'; font-src 'self'; worker-src 'self'; \
             manifest-src 'self'; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types default",
            origin.host()
        );
        let fixed = [
            (header::CONTENT_SECURITY_POLICY, policy.as_str()),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        ];
        let fixed = fixed.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)));
        Self { fixed: fixed.collect(), strict_transport: origin.is_secure() && !origin.is_loopback() }
    }
}

/// Adds the headers. HTTP Strict Transport Security never goes to a loopback name: it would bind every other service
/// that is developed on that machine.
pub(crate) async fn secure(State(security): State<Arc<Security>>, request: Request, next: Next) -> Response {
    let loopback = host(&request).is_some_and(|host| origin::is_loopback(&host));
    let stored = !request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &security.fixed {
        headers.insert(name.clone(), value.clone());
    }
    if security.strict_transport && !loopback {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    let cache = if stored { "no-cache" } else { "no-store" };
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(cache));
    response
}

/// The host that the request is for, with its port: the header in HTTP/1.1, the authority in HTTP/2.
pub(super) fn host(request: &Request) -> Option<String> {
    host_of(request.headers().get(header::HOST), request.uri())
}

pub(super) fn host_of(header: Option<&HeaderValue>, uri: &Uri) -> Option<String> {
    let authority = uri.authority().map(|authority| authority.as_str().to_owned());
    authority.or_else(|| header?.to_str().ok().map(str::to_owned)).map(|host| host.to_ascii_lowercase())
}
