use signet_shared::wire::{ClientFrame, ServerFrame, close};
use tokio_tungstenite::tungstenite::Message;

use crate::common::{Relay, both, soon};

both! {
    async fn a_frame_that_cannot_be_read_ends_the_connection(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let mut trailing = ClientFrame::Ping { nonce: 1 }.to_bytes();
        trailing.push(0);
        let bad = [
            Message::Binary(vec![].into()),
            Message::Binary(vec![99].into()),
            Message::Binary(vec![1, 2].into()),
            Message::Binary(trailing.into()),
            Message::Binary([&[2, 0, 0, 0, 1, 255, 255, 255, 255], &[0; 9][..]].concat().into()),
            Message::Text("subscribe".into()),
        ];
        for message in bad {
            let mut socket = person.live().await;
            socket.raw(message.clone()).await;
            assert_eq!(socket.closed().await, close::MALFORMED, "{message:?}");
        }
    }

    async fn a_ping_is_answered_before_and_after_the_subscription(store) {
        let relay = Relay::start(store).await;
        let mut socket = relay.person("alice").await.socket().await;
        socket.say(&ClientFrame::Ping { nonce: u64::MAX }).await;
        assert_eq!(socket.next().await, ServerFrame::Pong { nonce: u64::MAX });
        assert_eq!(socket.subscribe(0).await, (0, vec![]));
        socket.say(&ClientFrame::Ping { nonce: 2 }).await;
        assert_eq!(socket.next().await, ServerFrame::Pong { nonce: 2 });
    }

    async fn nothing_is_delivered_before_it_is_asked_for(store) {
        let relay = Relay::start(store).await;
        let person = relay.person("alice").await;
        let mut quiet = person.socket().await;
        let mut writer = crate::common::Writer::new(person.account, &[], 1);
        person.socket().await.send(&writer.next(b"text")).await.unwrap();
        quiet.say(&ClientFrame::Ping { nonce: 1 }).await;
        assert_eq!(quiet.next().await, ServerFrame::Pong { nonce: 1 });
        assert_eq!(quiet.subscribe(0).await.1.len(), 1);
    }

    async fn a_clients_close_is_answered(store) {
        let relay = Relay::start(store).await;
        let mut socket = relay.person("alice").await.live().await;
        soon(socket.ws.close(None)).await.unwrap();
        let mut seen = false;
        while let Some(Ok(message)) = soon(futures_util::StreamExt::next(&mut socket.ws)).await {
            seen |= message.is_close();
        }
        assert!(seen);
    }
}
