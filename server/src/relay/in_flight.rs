use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};

/// What one connection has handed to the store and waits for. Bounded in number and in bytes, for the store may be slow:
/// beyond it nothing is read, and the client's own line fills.
#[derive(Default)]
pub(super) struct InFlight {
    pending: FuturesUnordered<BoxFuture<'static, usize>>,
    bytes: usize,
}

const MOST: usize = 64;
/// Reached by a few of the largest messages, never by as many as there may be of the usual ones.
const MOST_BYTES: usize = 512 * 1024;

impl InFlight {
    pub(super) fn has_room(&self) -> bool {
        self.pending.len() < MOST && self.bytes < MOST_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    pub(super) fn push(&mut self, bytes: usize, work: impl Future<Output = ()> + Send + 'static) {
        self.bytes += bytes;
        self.pending.push(work.map(move |()| bytes).boxed());
    }

    /// Goes on with all of them until one is done.
    pub(super) async fn next(&mut self) {
        self.bytes -= self.pending.next().await.unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn room_is_bounded_in_number_and_in_bytes_and_comes_back() {
        let mut many = InFlight::default();
        for _ in 0..MOST {
            assert!(many.has_room());
            many.push(1, ready(()));
        }
        assert!(!many.has_room());
        many.next().await;
        assert!(many.has_room());

        let mut large = InFlight::default();
        large.push(MOST_BYTES - 1, pending());
        assert!(large.has_room(), "one more is always taken whole");
        large.push(1, ready(()));
        assert!(!large.has_room());
        large.next().await;
        assert!(large.has_room() && !large.is_empty());
    }
}
