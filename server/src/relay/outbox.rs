use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use signet_shared::wire::close;
use tokio::sync::Notify;

/// What one connection has yet to be told. Bounded: a reader that is too slow is disconnected, and finds everything in its
/// mailbox when it comes back.
pub(crate) struct Outbox {
    most: usize,
    state: Mutex<State>,
    more: Notify,
    closed: Notify,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Bytes>,
    deliveries: VecDeque<(u64, Bytes)>,
    bytes: usize,
    /// Whether deliveries are pushed; otherwise the connection reads its mailbox, and `published` says how far that goes.
    live: bool,
    published: u64,
    subscribe: Option<u64>,
    close: Option<u16>,
}

/// What a waiting frame costs beside its bytes: its places in a queue and in the allocator. Without it, a million small
/// answers would take a hundred times what they count for.
const EACH: usize = 128;
/// Handed over at once. It counts no more then, so that it must be little.
const AT_ONCE: usize = 64 * 1024;

fn cost(frame: &Bytes) -> usize {
    frame.len() + EACH
}

pub(crate) enum Next {
    Subscribe(u64),
    Frames { answers: VecDeque<Bytes>, deliveries: VecDeque<(u64, Bytes)> },
}

impl Outbox {
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            state: Mutex::default(),
            more: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// An answer to something that the client said.
    pub(crate) fn answer(&self, frame: Bytes) {
        let mut state = self.state();
        state.bytes += cost(&frame);
        state.answers.push_back(frame);
        self.pushed(state);
    }

    /// Whether a delivery would be pushed now; if not, there is no need to encode it.
    pub(crate) fn is_live(&self) -> bool {
        self.state().live
    }

    /// A message is in the mailbox at `seq`. Called in the order of the mailbox.
    pub(crate) fn publish(&self, seq: u64, frame: Option<&Bytes>) {
        let mut state = self.state();
        state.published = state.published.max(seq);
        if !state.live {
            return;
        }
        match frame {
            Some(frame) => {
                state.bytes += cost(frame);
                state.deliveries.push_back((seq, frame.clone()));
                self.pushed(state);
            }
            // It went live after the frame was thought needless: the gap sends it to the mailbox.
            None => self.more.notify_one(),
        }
    }

    fn pushed(&self, mut state: MutexGuard<'_, State>) {
        if state.bytes > self.most {
            (state.answers, state.deliveries, state.bytes) = Default::default();
            state.close.get_or_insert(close::TRY_LATER);
            self.closed.notify_one();
        }
        self.more.notify_one();
    }

    /// Starts the backlog from `after`, now or anew.
    pub(crate) fn subscribe(&self, after: u64) {
        let mut state = self.state();
        state.subscribe = Some(after);
        drop(state);
        self.more.notify_one();
    }

    pub(crate) fn close(&self, code: u16) {
        self.state().close.get_or_insert(code);
        self.closed.notify_one();
    }

    /// Waits until the connection is to be closed.
    pub(crate) async fn closed(&self) -> u16 {
        loop {
            if let Some(code) = self.state().close {
                return code;
            }
            self.closed.notified().await;
        }
    }

    /// Waits until there is something to send.
    pub(crate) async fn next(&self, last: u64) -> Next {
        loop {
            if let Some(next) = self.state().next(last) {
                return next;
            }
            self.more.notified().await;
        }
    }

    /// Answers that wait while a backlog is read.
    pub(crate) fn answers(&self) -> VecDeque<Bytes> {
        let mut state = self.state();
        let answers = std::mem::take(&mut state.answers);
        state.bytes = state.deliveries.iter().map(|(_, frame)| cost(frame)).sum();
        answers
    }

    /// From here on the mailbox is read: deliveries are not pushed.
    pub(crate) fn pause(&self) {
        let mut state = self.state();
        state.live = false;
        state.deliveries.clear();
        state.bytes = state.answers.iter().map(cost).sum();
    }

    /// Everything up to `last` has been sent. Goes live unless more has been published meanwhile, in which case the mailbox
    /// is read on.
    pub(crate) fn go_live(&self, last: u64) -> bool {
        let mut state = self.state();
        state.live = state.published <= last;
        state.live
    }

    /// Whether something was published above `last` that was not pushed.
    pub(crate) fn has_missed(&self, last: u64) -> bool {
        let state = self.state();
        state.live && state.deliveries.is_empty() && state.published > last
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self, last: u64) -> Option<Next> {
        if let Some(after) = self.subscribe.take() {
            return Some(Next::Subscribe(after));
        }
        let missed = self.live && self.deliveries.is_empty() && self.published > last;
        if self.answers.is_empty() && self.deliveries.is_empty() && !missed {
            return None;
        }
        if self.bytes <= AT_ONCE {
            self.bytes = 0;
            return Some(Next::Frames {
                answers: std::mem::take(&mut self.answers),
                deliveries: std::mem::take(&mut self.deliveries),
            });
        }
        let (mut answers, mut deliveries, mut taken) = (VecDeque::new(), VecDeque::new(), 0);
        while taken < AT_ONCE {
            if let Some(answer) = self.answers.pop_front() {
                taken += cost(&answer);
                answers.push_back(answer);
            } else if let Some((seq, delivery)) = self.deliveries.pop_front() {
                taken += cost(&delivery);
                deliveries.push_back((seq, delivery));
            } else {
                break;
            }
        }
        self.bytes -= taken;
        Some(Next::Frames { answers, deliveries })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn small_frames_count_for_the_memory_that_they_take() {
        let outbox = Outbox::new(10 * (9 + EACH as u64));
        for _ in 0..10 {
            outbox.answer(Bytes::from_static(b"nine byte"));
        }
        assert_eq!(outbox.closed().now_or_never(), None);
        outbox.answer(Bytes::from_static(b"nine byte"));
        assert_eq!(outbox.closed().now_or_never(), Some(close::TRY_LATER));
    }

    #[test]
    fn what_is_handed_over_is_little_and_the_rest_still_counts() {
        let (large, outbox) = (Bytes::from(vec![0; AT_ONCE]), Outbox::new(10 * (AT_ONCE + EACH) as u64));
        assert!(outbox.go_live(0));
        for seq in 1..=9 {
            outbox.publish(seq, Some(&large));
        }
        outbox.answer(large.clone());
        let mut seqs = Vec::new();
        for round in 0..10 {
            let Some(Next::Frames { answers, deliveries }) = outbox.next(9).now_or_never() else { panic!() };
            assert_eq!((answers.len(), deliveries.len()), if round == 0 { (1, 0) } else { (0, 1) });
            seqs.extend(deliveries.iter().map(|(seq, _)| *seq));
            // As much again as was taken fits, and not one frame more.
            if round == 0 {
                outbox.publish(10, Some(&large));
                assert_eq!(outbox.closed().now_or_never(), None);
            }
        }
        assert_eq!(seqs, (1..=9).collect::<Vec<_>>());
        for seq in 11..=20 {
            outbox.publish(seq, Some(&large));
        }
        assert_eq!(outbox.closed().now_or_never(), Some(close::TRY_LATER));
    }
}
