use axum::http::{HeaderMap, HeaderValue, header};

use super::Token;

const NAME: &str = "__Host-sid";

/// Ends the cookie in the browser.
pub(crate) const CLEAR: HeaderValue =
    HeaderValue::from_static("__Host-sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");

/// The session's cookie. It stays over a restart of the browser; whether the account then opens is decided by what the
/// browser itself has kept.
pub(crate) fn set(token: &Token, seconds: u64) -> Option<HeaderValue> {
    let text = format!("{NAME}={}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict", token.to_hex());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(super) fn read(headers: &HeaderMap) -> Option<Token> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    Token::from_hex(pairs.find(|(name, _)| *name == NAME)?.1)
}
