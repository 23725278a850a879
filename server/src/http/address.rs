use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};

use crate::{
    app::App,
    config::{Address, Net},
};

/// Who is asking, for counting only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) Address);

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let forwarded: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        Ok(Self(behind(peer, &forwarded, &app.trusted_proxies).into()))
    }
}

/// Each trusted hop vouches for the address before it in the list; the first that is not trusted is the client. What stands
/// further left is the client's own word, and worth nothing.
fn behind(peer: IpAddr, forwarded: &[&str], trusted: &[Net]) -> IpAddr {
    let mut client = peer;
    for hop in forwarded.iter().rev() {
        if !trusted.iter().any(|net| net.contains(client)) {
            break;
        }
        match hop.parse() {
            Ok(ip) => client = ip,
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_hops_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        assert_eq!(behind(ip("1.1.1.1"), &["9.9.9.9"], &trusted), ip("1.1.1.1"));
        assert_eq!(behind(ip("10.0.0.1"), &["9.9.9.9"], &trusted), ip("9.9.9.9"));
        assert_eq!(behind(ip("10.0.0.1"), &["6.6.6.6", "9.9.9.9", "10.0.0.2"], &trusted), ip("9.9.9.9"));
        assert_eq!(behind(ip("10.0.0.1"), &["nonsense"], &trusted), ip("10.0.0.1"));
        assert_eq!(behind(ip("10.0.0.1"), &[], &trusted), ip("10.0.0.1"));
        assert_eq!(behind(ip("10.0.0.1"), &["9.9.9.9"], &[]), ip("10.0.0.1"));
    }
}
