use std::{collections::VecDeque, time::Duration};

use axum::extract::ws::Message;
use bytes::Bytes;
use futures_util::{Sink, SinkExt};
use signet_shared::wire::{ServerFrame, close};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{Context, deliver, outbox::Next};
use crate::{
    api, http,
    store::{StoreError, Versions},
};

/// Why nothing more is written: the other side is gone (`None`), or must come back later.
struct Over(Option<u16>);

/// Writes until the client is gone (`None`) or must go (the code to close with).
pub(super) async fn write<K: Sink<Message> + Unpin>(sink: &mut K, context: &Context) -> Option<u16> {
    let every = Duration::from_secs(context.app.limits.ping_seconds.max(1));
    let mut ping = interval_at(Instant::now() + every, every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let outbox = &context.line.outbox;
    let mut last = 0;
    loop {
        let next = tokio::select! {
            next = outbox.next(last) => next,
            _ = ping.tick() => {
                still_signed_in(context).await;
                if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                    return None;
                }
                continue;
            }
        };
        let written = match next {
            Next::Subscribe(after) => subscribe(sink, context, after, &mut last).await,
            Next::Frames { answers, deliveries } => frames(sink, context, answers, deliveries, &mut last).await,
        };
        if let Err(Over(code)) = written {
            return code;
        }
    }
}

/// A session that ran out while the socket stood open.
async fn still_signed_in(context: &Context) {
    if let Ok(None) = http::check_session(&context.app, context.line.token).await {
        context.line.outbox.close(close::SESSION_ENDED);
    }
}

async fn subscribe<K: Sink<Message> + Unpin>(
    sink: &mut K,
    context: &Context,
    after: u64,
    last: &mut u64,
) -> Result<(), Over> {
    context.line.outbox.pause();
    let (store, account) = (&context.app.store, context.line.account);
    // The line stands among those that are told already: what is written after this is read is told to it.
    let (head, versions) = match (store.head(account).await, store.versions(account).await) {
        (Ok(head), Ok(versions)) => (head, versions),
        (Err(error), _) | (_, Err(error)) => return Err(trouble(error)),
    };
    let Versions { keystore, state } = versions;
    feed(sink, ServerFrame::Subscribed { head, keystore, state }.to_bytes().into()).await?;
    let asked = store.anew_of(account).await.map_err(trouble)?;
    if let Some(notice) = asked.and_then(|asked| api::anew_notice(&context.app, &asked)) {
        feed(sink, ServerFrame::Anew(Some(notice)).to_bytes().into()).await?;
    }
    // A client that has seen more than there is (a relay restored from a backup) must still hear what comes next.
    *last = after.min(head);
    catch_up(sink, context, last).await?;
    feed(sink, ServerFrame::CaughtUp { seq: *last }.to_bytes().into()).await?;
    flush(sink).await
}

/// Sends what the mailbox holds above `last`, page by page as the socket takes it, and goes live.
async fn catch_up<K: Sink<Message> + Unpin>(sink: &mut K, context: &Context, last: &mut u64) -> Result<(), Over> {
    let account = context.line.account;
    loop {
        let rows = match context.app.store.page(account, *last).await {
            Ok(rows) => rows,
            Err(error) => return Err(trouble(error)),
        };
        if rows.is_empty() && context.line.outbox.go_live(*last) {
            return Ok(());
        }
        for (seq, item) in rows {
            *last = seq;
            let frame = match item {
                Some(item) => deliver::frame(seq, item.received, item.record, &item.header, &item.slip, &item.body),
                // Its number is taken all the same: a reader takes no number out of turn.
                None => {
                    tracing::error!(code = "mailbox.row_corrupt", "store.corrupt");
                    deliver::unreadable(seq)
                }
            };
            feed(sink, frame).await?;
        }
        for answer in context.line.outbox.answers() {
            feed(sink, answer).await?;
        }
        flush(sink).await?;
    }
}

async fn frames<K: Sink<Message> + Unpin>(
    sink: &mut K,
    context: &Context,
    answers: impl IntoIterator<Item = Bytes>,
    deliveries: VecDeque<(u64, Bytes)>,
    last: &mut u64,
) -> Result<(), Over> {
    for answer in answers {
        feed(sink, answer).await?;
    }
    let mut gap = deliveries.is_empty() && context.line.outbox.has_missed(*last);
    for (seq, frame) in deliveries {
        if seq == *last + 1 {
            feed(sink, frame).await?;
            *last = seq;
        } else if seq > *last {
            gap = true;
            break;
        }
    }
    if gap {
        context.line.outbox.pause();
        catch_up(sink, context, last).await?;
    }
    flush(sink).await
}

/// Nothing can be read: the client comes back later and asks again from where it is.
fn trouble(error: StoreError) -> Over {
    tracing::warn!(%error, "socket.backlog");
    Over(Some(close::TRY_LATER))
}

async fn feed<K: Sink<Message> + Unpin>(sink: &mut K, frame: Bytes) -> Result<(), Over> {
    sink.feed(Message::Binary(frame)).await.map_err(|_| Over(None))
}

async fn flush<K: Sink<Message> + Unpin>(sink: &mut K) -> Result<(), Over> {
    sink.flush().await.map_err(|_| Over(None))
}
