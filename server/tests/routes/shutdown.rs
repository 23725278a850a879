use signet_shared::{
    api,
    wire::{ServerFrame, close},
};
use tokio::net::TcpStream;

use crate::common::{Relay, Writer, both, soon};

both! {
    async fn every_socket_is_told_to_come_back_and_nothing_new_is_taken(store) {
        let mut relay = Relay::start(store).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let mut sockets = [alice.live().await, alice.socket().await, bob.live().await];
        relay.begin_stop();
        for socket in &mut sockets {
            assert_eq!(socket.closed().await, close::RESTART);
        }
        let address = relay.address;
        relay.stopped().await;
        assert!(TcpStream::connect(address).await.is_err());
    }

    async fn a_reader_that_does_not_read_does_not_hold_it_up(store) {
        let mut relay = Relay::with(store, |config| {
            config.limits.messages_burst = 1000;
            config.limits.drain_seconds = 2;
        }).await;
        let (alice, bob) = (relay.person("alice").await, relay.person("bob").await);
        let _stuck = bob.live().await;
        let mut socket = alice.socket().await;
        let mut writer = Writer::new(alice.account, &[bob.account], 1);
        for _ in 0..30 {
            socket.send(&writer.next(&[1; 100_000])).await.unwrap();
        }
        relay.begin_stop();
        relay.stopped().await;
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_is_there_after() {
    let mut relay = Relay::with(crate::common::Store::Sqlite, |config| config.limits.messages_burst = 10_000).await;
    let person = relay.person("alice").await;
    let mut socket = person.socket().await;
    let mut writer = Writer::new(person.account, &[], 1);
    for _ in 0..200 {
        socket.post(&writer.next(b"text")).await;
    }
    // Stopped in the middle of it.
    let mut acknowledged = Vec::new();
    while acknowledged.len() < 50 {
        let ServerFrame::Sent { seq, .. } = socket.next().await else { panic!() };
        acknowledged.push(seq);
    }
    relay.begin_stop();
    loop {
        match soon(futures_util::StreamExt::next(&mut socket.ws)).await {
            Some(Ok(tokio_tungstenite::tungstenite::Message::Binary(bytes))) => {
                let ServerFrame::Sent { seq, .. } = ServerFrame::parse(&bytes).unwrap() else { panic!() };
                acknowledged.push(seq);
            }
            Some(Ok(tokio_tungstenite::tungstenite::Message::Close(frame))) => {
                assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(close::RESTART));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let folder = relay.stopped().await;
    let data = folder.path().to_owned();
    let again = Relay::with(crate::common::Store::Sqlite, |config| {
        config.database = signet::Database::Sqlite(data.join("signet.db"));
        config.data = Some(data);
    })
    .await;
    let mut browser = again.browser();
    browser.cookie = person.browser.cookie.clone();
    assert!(browser.get(api::VAULT).await.parsed::<api::Vault>().is_ok(), "still signed in");
    let (head, backlog) = crate::common::Socket::open(&browser).await.subscribe(0).await;
    let there: Vec<u64> = backlog.iter().map(|got| got.seq).collect();
    assert_eq!(there, (1..=head).collect::<Vec<_>>());
    assert!(acknowledged.iter().all(|seq| there.contains(seq)));
}
