//! Pairs of people: one writes with a window of unacknowledged messages, the other reads. A message counts when its sender
//! has the relay's acknowledgement, which comes after the commit, and its reader has the message.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use signet_shared::{
    EnvId,
    envelope::Delivery,
    wire::{self, ClientFrame, ServerFrame},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{Plan, account::Person, message::Stream, process::Relay, report::quantile};

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) struct Measured {
    pub(crate) messages: usize,
    pub(crate) seconds: f64,
    /// Of the relay's process, its database included.
    pub(crate) cpu_seconds: f64,
    pub(crate) acknowledged_p50: f64,
    pub(crate) acknowledged_p99: f64,
    pub(crate) delivered_p50: f64,
    pub(crate) delivered_p99: f64,
}

/// When each message was sent, acknowledged and delivered.
#[derive(Default)]
struct Book {
    sent: HashMap<EnvId, Instant>,
    acknowledged: HashMap<EnvId, Instant>,
    delivered: HashMap<EnvId, Instant>,
}

pub(crate) async fn run(relay: &Relay, people: &[Person], window: usize, plan: &Plan) -> Result<Measured> {
    let start = Instant::now() + Duration::from_secs(plan.warm_up_s);
    let end = start + Duration::from_secs(plan.seconds);
    let book = Arc::new(Mutex::new(Book::default()));
    let mut tasks = Vec::new();
    for pair in people.chunks_exact(2) {
        let (writer, reader) = (pair[0].clone(), pair[1].clone());
        let write = open(relay, &writer).await?;
        let read = open(relay, &reader).await?;
        let stream = Stream::new(writer.account, reader.account);
        tasks.push(tokio::spawn(listen(read, writer.account, book.clone(), end)));
        tasks.push(tokio::spawn(send(write, stream, window, book.clone(), end)));
    }
    tokio::time::sleep_until(start.into()).await;
    let before = relay.cpu_seconds()?;
    tokio::time::sleep_until(end.into()).await;
    let cpu_seconds = relay.cpu_seconds()? - before;
    for task in tasks {
        task.await??;
    }
    let book = book.lock().map_err(|_| anyhow::anyhow!("a task failed"))?;
    measure(&book, start, end, cpu_seconds)
}

fn measure(book: &Book, start: Instant, end: Instant, cpu_seconds: f64) -> Result<Measured> {
    let (mut acknowledged, mut delivered) = (Vec::new(), Vec::new());
    for (id, sent) in &book.sent {
        let (Some(ack), Some(shown)) = (book.acknowledged.get(id), book.delivered.get(id)) else { continue };
        if *sent >= start && *ack.max(shown) < end {
            acknowledged.push(ack.duration_since(*sent).as_secs_f64() * 1e3);
            delivered.push(shown.duration_since(*sent).as_secs_f64() * 1e3);
        }
    }
    if acknowledged.is_empty() {
        bail!("not one message was both acknowledged and delivered");
    }
    Ok(Measured {
        messages: acknowledged.len(),
        seconds: end.duration_since(start).as_secs_f64(),
        cpu_seconds,
        acknowledged_p50: quantile(&mut acknowledged, 0.5),
        acknowledged_p99: quantile(&mut acknowledged, 0.99),
        delivered_p50: quantile(&mut delivered, 0.5),
        delivered_p99: quantile(&mut delivered, 0.99),
    })
}

/// A socket that has caught up with its mailbox.
pub(crate) async fn open(relay: &Relay, person: &Person) -> Result<Socket> {
    let mut request =
        format!("ws://{}{}", relay.origin().trim_start_matches("http://"), wire::PATH).into_client_request()?;
    for (name, value) in [
        ("origin", relay.origin()),
        ("cookie", person.cookie.clone()),
        ("sec-websocket-protocol", wire::PROTOCOL.into()),
    ] {
        request.headers_mut().insert(name, value.parse()?);
    }
    let (mut socket, _) = client_async(request, TcpStream::connect(relay.address()).await?).await?;
    // Above any sequence number: the relay lowers it to the newest, so that no backlog is read.
    socket.send(Message::binary(ClientFrame::Subscribe { after: u64::MAX }.to_bytes())).await?;
    loop {
        if let ServerFrame::CaughtUp { .. } = next(&mut socket).await?.context("closed before it caught up")? {
            return Ok(socket);
        }
    }
}

async fn send(
    mut socket: Socket,
    mut stream: Stream,
    window: usize,
    book: Arc<Mutex<Book>>,
    end: Instant,
) -> Result<()> {
    let mut open: HashMap<u32, EnvId> = HashMap::new();
    let mut req = 0;
    while Instant::now() < end {
        while open.len() < window {
            let (id, envelope) = stream.next();
            req += 1;
            open.insert(req, id);
            note(&book, |book| book.sent.insert(id, Instant::now()));
            socket.send(Message::binary(ClientFrame::Send { req, envelope }.to_bytes())).await?;
        }
        match next(&mut socket).await?.context("the relay closed a writer's socket")? {
            ServerFrame::Sent { req, .. } => {
                let id = open.remove(&req).context("an acknowledgement for nothing")?;
                note(&book, |book| book.acknowledged.insert(id, Instant::now()));
            }
            ServerFrame::Refused { refusal, .. } => bail!("refused: {refusal}"),
            _ => {}
        }
    }
    Ok(())
}

async fn listen(
    mut socket: Socket,
    from: signet_shared::AccountId,
    book: Arc<Mutex<Book>>,
    end: Instant,
) -> Result<()> {
    while let Ok(frame) = tokio::time::timeout_at(end.into(), next(&mut socket)).await {
        if let ServerFrame::Deliver { delivery, .. } = frame?.context("the relay closed a reader's socket")? {
            let at = Instant::now();
            let delivery = Delivery::parse(&delivery)?;
            if delivery.header.sender_id == from {
                let id = delivery.env_id().context("a path that does not fit")?;
                note(&book, |book| book.delivered.insert(id, at));
            }
        }
    }
    Ok(())
}

fn note<T>(book: &Mutex<Book>, write: impl FnOnce(&mut Book) -> T) {
    if let Ok(mut book) = book.lock() {
        write(&mut book);
    }
}

async fn next(socket: &mut Socket) -> Result<Option<ServerFrame>> {
    while let Some(message) = socket.next().await {
        match message? {
            Message::Binary(bytes) => return Ok(Some(ServerFrame::parse(&bytes)?)),
            Message::Close(_) => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}
