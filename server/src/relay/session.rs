use std::{fmt::Display, sync::Arc, time::Duration};

use axum::extract::ws::{CloseFrame, Message};
use futures_util::{Sink, SinkExt, Stream, StreamExt};

use super::{Line, read, write};
use crate::app::App;

/// What a connection needs beside its line.
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    pub(crate) line: Arc<Line>,
}

/// One connection from its first frame to its close: what it says is read and what it is to be told is written, side by
/// side, until either is over.
pub(crate) async fn run<S, K, E>(mut stream: S, mut sink: K, context: Context)
where
    S: Stream<Item = Result<Message, E>> + Unpin,
    E: Display,
    K: Sink<Message> + Unpin,
{
    let outbox = &context.line.outbox;
    let code = tokio::select! {
        biased;
        code = outbox.closed() => Some(code),
        code = read::read(&mut stream, &context) => code,
        code = write::write(&mut sink, &context) => code,
    };
    let last_word = async {
        let Some(code) = code else { return };
        if sink.send(Message::Close(Some(CloseFrame { code, reason: "".into() }))).await.is_ok() {
            // What is still on its way from the client is read and dropped: closing over it would reset the connection,
            // and the client might never see the code.
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    // Who does not take it in time is gone.
    tokio::time::timeout(PATIENCE, last_word).await.ok();
    tokio::time::timeout(PATIENCE, sink.close()).await.ok();
}

const PATIENCE: Duration = Duration::from_secs(1);
