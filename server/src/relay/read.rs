use std::{fmt::Display, sync::Arc, time::Duration};

use axum::extract::ws::Message;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use signet_shared::wire::{ClientFrame, Refusal, ServerFrame, close};
use tokio::time::timeout;

use super::Context;
use crate::{http::Refused, rate::Bucket, store::Letter};

/// Frames that wait for the store at once. Beyond it nothing is read, and the client's own line fills.
const IN_FLIGHT: usize = 64;

type Pending = FuturesUnordered<BoxFuture<'static, ()>>;

/// Reads until the client is gone (`None`) or must go (the code to close with).
pub(super) async fn read<S, E>(stream: &mut S, context: &Context) -> Option<u16>
where
    S: Stream<Item = Result<Message, E>> + Unpin,
    E: Display,
{
    let limits = &context.app.limits;
    let dead = Duration::from_secs(limits.dead_seconds);
    let now = context.app.clock.now();
    let mut others = Bucket::new(limits.socket_frames_per_second, limits.socket_frames_burst, now);
    let mut pending = Pending::new();
    loop {
        let message = tokio::select! {
            biased;
            Some(()) = pending.next(), if !pending.is_empty() => continue,
            message = timeout(dead, stream.next()), if pending.len() < IN_FLIGHT => message,
        };
        let bytes = match message {
            Err(_) | Ok(None | Some(Ok(Message::Close(_)))) => return None,
            Ok(Some(Ok(Message::Binary(bytes)))) => bytes,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
            Ok(Some(Ok(Message::Text(_)))) => return Some(close::MALFORMED),
            Ok(Some(Err(error))) => return Some(code(&error.to_string())),
        };
        let Ok(frame) = ClientFrame::parse(&bytes) else { return Some(close::MALFORMED) };
        let now = context.app.clock.now();
        match frame {
            ClientFrame::Send { req, envelope } => match context.app.rates.messages.take(context.line.account, now) {
                Ok(()) => send(context, &pending, req, envelope.into()),
                Err(wait) => refuse(context, req, Refused::too_many(wait)),
            },
            // Bounded by the store's speed: a new browser keeps a record for each message of its history.
            ClientFrame::Keep { seq, record } => keep(context, &pending, seq, record),
            ClientFrame::Subscribe { after } => {
                if others.take(now).is_err() {
                    return Some(close::TRY_LATER);
                }
                context.line.outbox.subscribe(after);
            }
            ClientFrame::Ping { nonce } => {
                if others.take(now).is_err() {
                    return Some(close::TRY_LATER);
                }
                answer(context, &ServerFrame::Pong { nonce });
            }
        }
    }
}

fn send(context: &Context, pending: &Pending, req: u32, upload: Bytes) {
    let letter = match Letter::parse(upload) {
        Ok(letter) if letter.sender == context.line.account => letter,
        Ok(_) => return refuse(context, req, Refusal::NotYours.into()),
        Err(_) => return refuse(context, req, Refusal::Malformed.into()),
    };
    let context = Context { app: context.app.clone(), line: context.line.clone() };
    let stored = context.app.store.append(Arc::new(letter), context.app.clock.now());
    let store = async move {
        match stored.await {
            Ok(placed) => answer(&context, &ServerFrame::Sent { req, seq: placed.seq, received_ms: placed.received }),
            Err(error) => refuse(&context, req, error.into()),
        }
    };
    pending.push(store.boxed());
}

fn keep(context: &Context, pending: &Pending, seq: u64, record: Vec<u8>) {
    let (app, line) = (context.app.clone(), context.line.clone());
    let store = async move {
        // A record that was not kept is not answered; the client offers it again when it next meets the message.
        if app.store.keep(line.account, seq, record).await.is_ok() {
            answer(&Context { app, line }, &ServerFrame::Kept { seq });
        }
    };
    pending.push(store.boxed());
}

fn answer(context: &Context, frame: &ServerFrame) {
    context.line.outbox.answer(frame.to_bytes().into());
}

fn refuse(context: &Context, req: u32, refused: Refused) {
    let retry_after_s = u32::try_from(refused.retry_after.unwrap_or(0)).unwrap_or(u32::MAX);
    answer(context, &ServerFrame::Refused { req, refusal: refused.refusal, retry_after_s });
}

/// The websocket library's own type of error is another version's than ours, so that its words have to do.
fn code(error: &str) -> u16 {
    if error.to_ascii_lowercase().contains("too long") { close::TOO_BIG } else { close::MALFORMED }
}
