//! Which page may speak to this relay.

use std::net::IpAddr;

use axum::http::Uri;

use crate::config::ConfigError;

/// Scheme, host and port, as a browser writes them: in lower case, without the scheme's own port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    secure: bool,
    /// With the port if it is not the scheme's own.
    host: String,
}

impl Origin {
    pub(crate) fn new(secure: bool, host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        let own = if secure { ":443" } else { ":80" };
        Self { secure, host: host.strip_suffix(own).unwrap_or(&host).to_owned() }
    }

    /// From `--public-url`.
    pub(crate) fn from_url(url: &str) -> Result<Self, ConfigError> {
        let wrong = || {
            ConfigError(format!(
                "--public-url {url} is not understood: it is a scheme, a host and perhaps a port, as in \
                 https://chat.example or https://localhost:8443."
            ))
        };
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        if uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        Ok(Self::new(secure, authority.as_str()))
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// As the header `Origin` has it.
    pub(crate) fn text(&self) -> String {
        format!("{}://{}", if self.secure { "https" } else { "http" }, self.host)
    }
}

/// The name or address in `host:port`, without the port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => name,
        _ => host,
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    name(host).trim_start_matches('[').trim_end_matches(']').parse().ok()
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let name = name(host);
    name == "localhost" || name.ends_with(".localhost") || ip(host).is_some_and(|ip| ip.is_loopback())
}

/// A host that leads to the listener itself: `localhost` or an address, with the listener's port. No other name: one that
/// somebody's DNS points here is somebody else's.
pub(crate) fn is_listener(host: &str, port: u16) -> bool {
    let given = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    given.is_some_and(|given| given == port) && (name(host) == "localhost" || ip(host).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_origins() {
        let text = |url: &str| Origin::from_url(url).unwrap().text();
        assert_eq!(text("https://Chat.Example/"), "https://chat.example");
        assert_eq!(text("https://chat.example:443"), "https://chat.example");
        assert_eq!(text("http://localhost:8080"), "http://localhost:8080");
        for bad in ["chat.example", "ftp://chat.example", "https://a.example/path", "https://u@a.example", "https://"] {
            assert!(Origin::from_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_and_listener_are_told_apart_from_names() {
        for host in ["localhost", "localhost:8443", "127.0.0.1:1", "[::1]:8443", "a.localhost:3"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "chat.example:8443", "10.0.0.1", "127.0.0.1.example"] {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(is_listener("localhost:8443", 8443) && is_listener("192.168.1.5:8443", 8443));
        assert!(is_listener("[::1]:8443", 8443));
        assert!(!is_listener("localhost:8444", 8443) && !is_listener("evil.example:8443", 8443));
        assert!(!is_listener("localhost", 8443));
    }
}
