use std::{fmt::Display, sync::Arc, time::Duration};

use axum::extract::ws::Message;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use signet_shared::wire::{ClientFrame, Refusal, ServerFrame, close};
use tokio::time::timeout;

use super::{
    Context,
    in_flight::InFlight,
    turns::{Turn, Turns},
};
use crate::{
    http::Refused,
    rate::Bucket,
    store::{Letter, Placed},
};

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
    let mut in_flight = InFlight::default();
    let turns = Arc::new(Turns::default());
    loop {
        let message = tokio::select! {
            biased;
            () = in_flight.next(), if !in_flight.is_empty() => continue,
            message = timeout(dead, stream.next()), if in_flight.has_room() => message,
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
            ClientFrame::Send { req, envelope } => {
                let Some(turn) = Turn::of(&envelope) else {
                    refuse(context, req, Refusal::Malformed.into());
                    continue;
                };
                let asked = Asked { req, turn, turns: turns.clone() };
                if !turns.take(turn) {
                    // For whatever reason the one before it was: this one need not wait longer.
                    asked.refuse(context, Refused::too_many(1));
                } else if let Err(wait) = context.app.rates.messages.take(context.line.account, now) {
                    asked.refuse(context, Refused::too_many(wait));
                } else {
                    send(context, &mut in_flight, asked, envelope.into());
                }
            }
            // Bounded by the store's speed: a new browser keeps a record for each message of its history.
            ClientFrame::Keep { seq, record } => keep(context, &mut in_flight, seq, record),
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

/// What the answer to a `Send` needs.
struct Asked {
    req: u32,
    turn: Turn,
    turns: Arc<Turns>,
}

impl Asked {
    fn refuse(&self, context: &Context, refused: Refused) {
        if refused.refusal.is_passing() {
            self.turns.lose(self.turn);
        }
        refuse(context, self.req, refused);
    }
}

fn send(context: &Context, in_flight: &mut InFlight, asked: Asked, upload: Bytes) {
    let bytes = upload.len();
    // On a slow disk everybody's messages wait here; they wait in their browsers instead when there are too many.
    let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
    let Ok(waiting) = context.app.waiting.clone().try_acquire_many_owned(permits) else {
        return asked.refuse(context, Refusal::StoreUnavailable.into());
    };
    let letter = match Letter::parse(upload) {
        Ok(letter) if letter.sender == context.line.account => letter,
        Ok(_) => return asked.refuse(context, Refusal::NotYours.into()),
        Err(_) => return asked.refuse(context, Refusal::Malformed.into()),
    };
    let context = Context { app: context.app.clone(), line: context.line.clone() };
    let stored = context.app.store.append(Arc::new(letter), context.app.clock.now());
    let store = async move {
        match stored.await {
            Ok(Placed { seq, received }) => {
                answer(&context, &ServerFrame::Sent { req: asked.req, seq, received_ms: received });
            }
            Err(error) => asked.refuse(&context, error.into()),
        }
        drop(waiting);
    };
    in_flight.push(bytes, store);
}

fn keep(context: &Context, in_flight: &mut InFlight, seq: u64, record: Vec<u8>) {
    let (app, line, bytes) = (context.app.clone(), context.line.clone(), record.len());
    let store = async move {
        // A record that was not kept is not answered; the client offers it again when it next meets the message.
        if app.store.keep(line.account, seq, record).await.is_ok() {
            answer(&Context { app, line }, &ServerFrame::Kept { seq });
        }
    };
    in_flight.push(bytes, store);
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
