use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::{Method, header};
use signet_shared::{
    envelope::Envelope,
    wire::{self, ClientFrame, Refusal, ServerFrame},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use super::Browser;

/// Waits for what must come, and not for ever.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("within half a minute")
}

pub(crate) struct Socket {
    pub(crate) ws: WebSocketStream<TcpStream>,
    req: u32,
}

/// A delivery as a test reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) seq: u64,
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) delivery: Vec<u8>,
}

impl Socket {
    pub(crate) async fn open(browser: &Browser) -> Self {
        Self::try_open(browser, |request| request).await.expect("an upgrade")
    }

    /// The upgrade as a page makes it, changed; otherwise the refused answer's status and refusal.
    pub(crate) async fn try_open(
        browser: &Browser,
        tweak: impl FnOnce(hyper::http::request::Builder) -> hyper::http::request::Builder,
    ) -> Result<Self, (u16, Option<Refusal>)> {
        let request = browser
            .request(Method::GET, wire::PATH)
            .uri(format!("ws://{}{}", browser.address, wire::PATH))
            .header(header::ORIGIN, &browser.origin)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
            .header(header::SEC_WEBSOCKET_PROTOCOL, wire::PROTOCOL);
        let request = tweak(request).body(()).unwrap();
        let stream = soon(TcpStream::connect(browser.address)).await.unwrap();
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        match soon(client_async_with_config(request, stream, Some(config))).await {
            Ok((ws, answer)) => {
                assert_eq!(answer.headers()[header::SEC_WEBSOCKET_PROTOCOL], wire::PROTOCOL);
                Ok(Self { ws, req: 0 })
            }
            Err(Error::Http(answer)) => {
                let number = answer.headers().get(signet_shared::api::REFUSAL_HEADER);
                let number = number.and_then(|n| n.to_str().unwrap().parse().ok());
                Err((answer.status().as_u16(), number.and_then(Refusal::from_number)))
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, frame: &ClientFrame) {
        self.raw(Message::Binary(frame.to_bytes().into())).await;
    }

    pub(crate) async fn raw(&mut self, message: Message) {
        soon(self.ws.send(message)).await.unwrap();
    }

    /// The next frame; pings are answered by the library.
    pub(crate) async fn next(&mut self) -> ServerFrame {
        loop {
            match soon(self.ws.next()).await.expect("an open socket").unwrap() {
                Message::Binary(bytes) => return ServerFrame::parse(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code that the relay closes with; frames before it are passed over.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match soon(self.ws.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None))) | None => panic!("closed without a code"),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Subscribes and answers the head and the backlog.
    pub(crate) async fn subscribe(&mut self, after: u64) -> (u64, Vec<Delivered>) {
        self.say(&ClientFrame::Subscribe { after }).await;
        let ServerFrame::Subscribed { head, .. } = self.next().await else { panic!("not subscribed") };
        let mut backlog = Vec::new();
        loop {
            match self.next().await {
                ServerFrame::Deliver { seq, record, delivery, .. } => backlog.push(Delivered { seq, record, delivery }),
                ServerFrame::CaughtUp { seq } => {
                    assert_eq!(seq, backlog.last().map_or(after.min(head), |last| last.seq));
                    return (head, backlog);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn post(&mut self, envelope: &Envelope) -> u32 {
        self.req += 1;
        self.say(&ClientFrame::Send { req: self.req, envelope: envelope.to_bytes() }).await;
        self.req
    }

    /// Sends and waits for the answer; deliveries meanwhile are passed over.
    pub(crate) async fn send(&mut self, envelope: &Envelope) -> Result<u64, Refusal> {
        let wanted = self.post(envelope).await;
        loop {
            match self.next().await {
                ServerFrame::Sent { req, seq, .. } if req == wanted => return Ok(seq),
                ServerFrame::Refused { req, refusal, .. } if req == wanted => return Err(refusal),
                ServerFrame::Deliver { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn delivered(&mut self) -> Delivered {
        match self.next().await {
            ServerFrame::Deliver { seq, record, delivery, .. } => Delivered { seq, record, delivery },
            other => panic!("{other:?}"),
        }
    }
}
