//! The built site, the same bytes for everyone: from the binary, or from a folder while developing. All of it is in
//! memory.

mod files;

use std::{collections::HashMap, io, path::Path, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::app::App;

#[derive(Default)]
pub(crate) struct Site {
    /// By the path that is asked for.
    files: HashMap<String, File>,
    not_found: Option<File>,
}

struct File {
    plain: Bytes,
    brotli: Option<Bytes>,
    kind: &'static str,
    tag: HeaderValue,
    /// Its name holds its hash: it can be kept for ever.
    fixed: bool,
}

impl Site {
    /// What is inside the binary: nothing, unless it was built with the feature `site`.
    pub(crate) fn embedded() -> Self {
        Self::new(files::EMBEDDED.iter().map(|(path, bytes)| ((*path).to_owned(), Bytes::from_static(bytes))))
    }

    pub(crate) fn folder(folder: &Path) -> io::Result<Self> {
        Ok(Self::new(files::walk(folder)?.into_iter().map(|(path, bytes)| (path, bytes.into()))))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn new(files: impl Iterator<Item = (String, Bytes)>) -> Self {
        let (packed, plain): (Vec<_>, Vec<_>) = files.partition(|(path, _)| path.ends_with(".br"));
        let packed: HashMap<String, Bytes> = packed.into_iter().collect();
        let mut site = Self::default();
        for (path, bytes) in plain {
            let brotli = packed.get(&format!("{path}.br")).cloned();
            let file = File::new(&path, bytes, brotli);
            match path.strip_prefix("pages/").and_then(|page| page.strip_suffix(".html")) {
                Some("not-found" | "404") => site.not_found = Some(file),
                Some("index" | "home") => drop(site.files.insert("/".to_owned(), file)),
                Some(page) => drop(site.files.insert(format!("/{page}"), file)),
                None => drop(site.files.insert(format!("/{path}"), file)),
            }
        }
        site
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        match self.files.get(path) {
            Some(file) => file.answer(headers, StatusCode::OK),
            None => match &self.not_found {
                Some(page) => page.answer(&HeaderMap::new(), StatusCode::NOT_FOUND),
                None => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, HTML)], NOT_FOUND).into_response(),
            },
        }
    }
}

/// Every path that is nobody else's.
pub(crate) async fn page(State(app): State<Arc<App>>, request: Request) -> Response {
    app.site.answer(request.uri().path(), request.headers())
}

const HTML: &str = "text/html; charset=utf-8";
const NOT_FOUND: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Not found - Signet</title>\
    <h1>There is nothing at this address</h1><p><a href=/>To the first page</a>\n";

impl File {
    fn new(path: &str, plain: Bytes, brotli: Option<Bytes>) -> Self {
        let digest = Sha256::digest(&plain);
        let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("\"{tag}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self { plain, brotli, kind: kind(path), tag, fixed: path.starts_with("assets/") }
    }

    fn answer(&self, asked: &HeaderMap, status: StatusCode) -> Response {
        let cache = if self.fixed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if holds(asked, header::IF_NONE_MATCH, self.tag.to_str().unwrap_or_default()) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        let bytes = match &self.brotli {
            Some(brotli) if accepts_brotli(asked) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
                brotli
            }
            _ => &self.plain,
        };
        (status, headers, bytes.clone()).into_response()
    }
}

fn values(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
}

fn holds(headers: &HeaderMap, name: header::HeaderName, wanted: &str) -> bool {
    values(headers, name).any(|value| {
        let value = value.trim();
        value == "*" || value.trim_start_matches("W/") == wanted
    })
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    values(headers, header::ACCEPT_ENCODING).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("br") && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => HTML,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
