use std::{fs, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::common::{Relay, Store, soon};

async fn relay(folder: &tempfile::TempDir) -> (Relay, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "chat.example".to_owned()]).unwrap();
    let tls = signet::Tls { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    fs::write(&tls.cert, made.cert.pem()).unwrap();
    fs::write(&tls.key, made.signing_key.serialize_pem()).unwrap();
    let relay = Relay::with(Store::Memory, |config| {
        config.tls = Some(tls);
        config.limits.handshake_seconds = 1;
    });
    (relay.await, made.cert.der().clone())
}

async fn connect(
    relay: &Relay,
    cert: CertificateDer<'static>,
    version: &'static rustls::SupportedProtocolVersion,
    protocol: &[u8],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(cert).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(relay.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap()
}

#[tokio::test]
async fn both_versions_are_spoken_and_the_page_comes_with_secure_headers() {
    let folder = tempfile::tempdir().unwrap();
    let (relay, cert) = relay(&folder).await;
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let mut stream = connect(&relay, cert.clone(), version, b"http/1.1").await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        let port = relay.address.port();
        let request = format!("GET /healthz HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains(&format!("connect-src 'self' wss://localhost:{port};")), "{answer}");
        assert!(!answer.contains("strict-transport-security"), "not on loopback");
    }
    let stream = connect(&relay, cert, &rustls::version::TLS13, b"h2").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn the_socket_opens_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (relay, cert) = relay(&folder).await;
    let port = relay.address.port();
    let mut stream = connect(&relay, cert, &rustls::version::TLS13, b"http/1.1").await;
    let request = format!(
        "GET /api/socket HTTP/1.1\r\nhost: localhost:{port}\r\norigin: https://localhost:{port}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: signet.v1\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let n = soon(stream.read(&mut answer)).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..n]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the key's answer of RFC 6455");
}

#[tokio::test]
async fn an_unfinished_handshake_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (relay, _) = relay(&folder).await;
    let mut stream = TcpStream::connect(relay.address).await.unwrap();
    // The beginning of a handshake record, and no more.
    stream.write_all(&[22, 3, 1, 2, 0]).await.unwrap();
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.ok();
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = signet::Config::in_memory();
    config.tls = Some(signet::Tls { cert: folder.path().join("none.pem"), key: folder.path().join("none.key") });
    let error = signet::serve(config, listener, std::future::pending()).await.unwrap_err().to_string();
    assert!(error.contains("--tls-cert") && error.contains("none.pem"), "{error}");
}

#[tokio::test]
async fn plain_http_is_for_loopback_alone() {
    let listener = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let error = signet::serve(signet::Config::in_memory(), listener, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("loopback"), "{error}");
}
