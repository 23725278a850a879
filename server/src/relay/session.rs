use std::{fmt::Display, sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message};
use futures_util::{Sink, SinkExt, Stream};

use super::{Line, read, write};
use crate::app::App;

/// What a connection needs beside its line.
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    pub(crate) line: Arc<Line>,
}

/// One connection from its first frame to its close: what it says is read and what it is to be told is written, side by
/// side, until either is over.
pub(crate) async fn run<S, K, E>(stream: S, mut sink: K, context: Context)
where
    S: Stream<Item = Result<Message, E>> + Unpin,
    E: Display,
    K: Sink<Message> + Unpin,
{
    let outbox = &context.line.outbox;
    let code = tokio::select! {
        biased;
        code = outbox.closed() => Some(code),
        code = read::read(stream, &context) => code,
        () = write::write(&mut sink, &context) => None,
    };
    if let Some(code) = code {
        // A second for a last word; who does not take it is gone.
        let last = sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() })));
        tokio::time::timeout(Duration::from_secs(1), last).await.ok();
    }
    tokio::time::timeout(Duration::from_secs(1), sink.close()).await.ok();
}
