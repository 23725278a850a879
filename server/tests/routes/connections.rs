//! Connections before and beside their requests.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::common::{Relay, Store, soon};

/// Whether a connection is let in: a request on it is answered.
async fn is_admitted(relay: &Relay) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(relay.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.ok();
    let mut answer = [0; 12];
    match soon(stream.read_exact(&mut answer)).await {
        Ok(_) => {
            assert_eq!(&answer, b"HTTP/1.1 200");
            Some(stream)
        }
        Err(_) => None,
    }
}

async fn holds_exactly(relay: &Relay, most: usize) {
    let mut held = Vec::new();
    for _ in 0..most {
        held.push(is_admitted(relay).await.expect("a place"));
    }
    for _ in 0..3 {
        assert!(is_admitted(relay).await.is_none(), "one too many");
    }
    // The relay may see the end of the old one a moment after the beginning of the new one.
    held.pop();
    while is_admitted(relay).await.is_none() {}
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let relay = Relay::with(Store::Memory, |config| {
        config.limits.connections_per_address = 3;
        config.limits.header_seconds = 60;
    });
    holds_exactly(&relay.await, 3).await;
}

#[tokio::test]
async fn everybody_together_has_so_many_connections_and_a_proxy_has_no_other_bound() {
    let relay = Relay::with(Store::Memory, |config| {
        config.limits.connections = 5;
        config.limits.connections_per_address = 3;
        config.limits.header_seconds = 60;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    holds_exactly(&relay.await, 5).await;
}

/// HTTP/2 has no end of its own for a connection that stands open without a request.
#[tokio::test]
async fn an_idle_connection_is_closed() {
    let relay = Relay::with(Store::Memory, |config| {
        config.limits.idle_seconds = 1;
        config.limits.header_seconds = 60;
        config.limits.ping_seconds = 60;
    })
    .await;
    let mut stream = TcpStream::connect(relay.address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // GET http://localhost/ as the first stream, whole.
    stream.write_all(b"\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x84\x41\x09localhost").await.unwrap();
    let mut answer = Vec::new();
    soon(stream.read_to_end(&mut answer)).await.ok();
    assert!(answer.windows(5).any(|frame| frame == b"\x01\x04\0\0\0"), "headers were answered: {answer:?}");
}

#[tokio::test]
async fn a_socket_stays_open_however_little_is_said() {
    let relay = Relay::with(Store::Memory, |config| {
        config.limits.idle_seconds = 1;
        config.limits.ping_seconds = 1;
    })
    .await;
    let mut socket = relay.person("alice").await.live().await;
    let mut pings = 0;
    while pings < 3 {
        match soon(futures_util::StreamExt::next(&mut socket.ws)).await {
            Some(Ok(Message::Ping(_))) => pings += 1,
            other => panic!("{other:?}"),
        }
    }
}

/// Somebody says that he is there, and takes nothing of what he is sent.
#[tokio::test]
async fn who_takes_nothing_of_a_backlog_is_disconnected() {
    let relay = Relay::with(Store::Memory, |config| {
        config.limits.stalled_seconds = 1;
        config.limits.messages_burst = 1000;
        config.limits.sockets_per_account = 1;
        config.limits.sockets_per_minute = 1_000_000;
    })
    .await;
    let person = relay.person("alice").await;
    let mut socket = person.socket().await;
    let mut writer = crate::common::Writer::new(person.account, &[], 1);
    // Far more than the kernel's buffers hold.
    for seq in 1..=200 {
        assert_eq!(socket.send(&writer.next(&[7; 100_000])).await, Ok(seq));
    }
    drop(socket);
    let mut stuck = loop {
        let mut socket = person.socket().await;
        socket.say(&signet_shared::wire::ClientFrame::Ping { nonce: 1 }).await;
        match soon(futures_util::StreamExt::next(&mut socket.ws)).await {
            Some(Ok(Message::Binary(_))) => break socket,
            _ => continue,
        }
    };
    stuck.say(&signet_shared::wire::ClientFrame::Subscribe { after: 0 }).await;
    // Its place is given up, though it neither closes nor falls silent.
    let again = async {
        loop {
            let _ = futures_util::SinkExt::send(&mut stuck.ws, Message::Ping(Default::default())).await;
            let mut socket = person.socket().await;
            socket.say(&signet_shared::wire::ClientFrame::Ping { nonce: 1 }).await;
            if let Some(Ok(Message::Binary(_))) = futures_util::StreamExt::next(&mut socket.ws).await {
                break;
            }
        }
    };
    soon(again).await;
}
