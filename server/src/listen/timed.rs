use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::gate::{Admitted, Connection};

/// A connection that ends when nothing happens on it for a while, and when the other side does not take what it is sent.
/// The HTTP library bounds neither: an HTTP/2 connection may stand open for ever, and so may an answer that nobody reads.
pub(crate) struct Timed<S> {
    inner: S,
    connection: Connection,
    idle: Duration,
    stalled: Duration,
    /// When something was last read or written.
    last: Instant,
    idle_timer: Option<Pin<Box<Sleep>>>,
    /// Runs while a write waits.
    write_timer: Option<Pin<Box<Sleep>>>,
    _admitted: Option<Admitted>,
}

/// What is no longer than this is a ping of HTTP/2 or its answer, and no sign of use.
const PING: usize = 64;

impl<S> Timed<S> {
    pub(super) fn new(
        inner: S,
        connection: Connection,
        admitted: impl Into<Option<Admitted>>,
        idle: Duration,
        stalled: Duration,
    ) -> Self {
        Self {
            inner,
            connection,
            idle,
            stalled,
            last: Instant::now(),
            idle_timer: None,
            write_timer: None,
            _admitted: admitted.into(),
        }
    }

    fn used(&mut self, bytes: usize) {
        if bytes > PING {
            self.last = Instant::now();
        }
    }

    /// Ready when there was no use for too long.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.connection.may_idle() {
            self.idle_timer = None;
            return Poll::Pending;
        }
        loop {
            let (last, idle) = (self.last, self.idle);
            let timer = self.idle_timer.get_or_insert_with(|| Box::pin(sleep_until(last + idle)));
            ready!(timer.as_mut().poll(context));
            // It is not set anew at every use, but looks for the last one when it is over.
            if last + idle <= Instant::now() {
                return Poll::Ready(());
            }
            timer.as_mut().reset(last + idle);
        }
    }

    /// An answer to a write, unless it has to wait and has waited for too long.
    fn written(&mut self, context: &mut Context<'_>, answer: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if answer.is_ready() {
            self.write_timer = None;
            return answer;
        }
        let stalled = self.stalled;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + stalled)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(context, buffer) {
            self.used(buffer.filled().len() - before);
            return Poll::Ready(read);
        }
        // To whoever reads, it is as if the other side had closed.
        self.poll_idle(context).map(Ok)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.inner).poll_write(context, bytes);
        if let Poll::Ready(Ok(n)) = answer {
            self.used(n);
        }
        self.written(context, answer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        if let Poll::Ready(Ok(n)) = answer {
            self.used(n);
        }
        self.written(context, answer)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{advance, sleep, timeout},
    };

    use super::*;

    const IDLE: Duration = Duration::from_secs(120);
    const STALLED: Duration = Duration::from_secs(30);

    fn pair() -> (Timed<DuplexStream>, DuplexStream, Connection) {
        let (ours, theirs) = duplex(1000);
        let connection = Connection::default();
        (Timed::new(ours, connection.clone(), None, IDLE, STALLED), theirs, connection)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_use_ends_when_its_time_is_over() {
        let (mut ours, mut theirs, _) = pair();
        let start = Instant::now();
        let mut buffer = [0; 1000];
        advance(IDLE - Duration::from_secs(1)).await;
        theirs.write_all(&[1; PING + 1]).await.unwrap();
        assert_eq!(ours.read(&mut buffer).await.unwrap(), PING + 1);
        advance(IDLE - Duration::from_secs(1)).await;
        ours.write_all(&[1; PING + 1]).await.unwrap();
        // Pings are passed on, and are no use.
        theirs.write_all(&[1; PING]).await.unwrap();
        assert_eq!(ours.read(&mut buffer).await.unwrap(), PING);
        let used = start.elapsed();
        assert_eq!(timeout(2 * IDLE, ours.read(&mut buffer)).await.unwrap().unwrap(), 0, "closed");
        assert_eq!(start.elapsed().as_secs(), (used + IDLE).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_may_be_silent() {
        let (mut ours, mut theirs, connection) = pair();
        connection.becomes_a_socket();
        let mut buffer = [0; 10];
        timeout(10 * IDLE, ours.read(&mut buffer)).await.unwrap_err();
        theirs.write_all(b"x").await.unwrap();
        assert_eq!(ours.read(&mut buffer).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_ends_the_connection() {
        let (mut ours, mut theirs, connection) = pair();
        connection.becomes_a_socket();
        let start = Instant::now();
        ours.write_all(&[1; 1000]).await.unwrap();
        // As long as it goes on, however slowly, it is fine.
        let slow = async {
            for _ in 0..5 {
                sleep(STALLED - Duration::from_secs(1)).await;
                theirs.read_exact(&mut [0; 10]).await.unwrap();
            }
        };
        let (written, ()) = futures_util::future::join(ours.write_all(&[1; 50]), slow).await;
        written.unwrap();
        let so_far = start.elapsed();
        let stuck = timeout(2 * STALLED, ours.write_all(&[1; 10])).await.unwrap();
        assert_eq!(stuck.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!((start.elapsed() - so_far).as_secs(), STALLED.as_secs());
    }
}
