use std::sync::{Mutex, PoisonError};

use signet_shared::{ConvId, Reader, StreamId, envelope::Header};

/// So many streams of one connection can have something refused at a time; an honest browser has less under way.
const MOST: usize = 64;

/// A place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    stream: (ConvId, StreamId),
    seq: u64,
}

impl Turn {
    /// `None`: not an envelope.
    pub(super) fn of(envelope: &[u8]) -> Option<Self> {
        let header = Header::read(&mut Reader::new(envelope)).ok()?;
        Some(Self { stream: (header.conv_id, header.stream_id), seq: header.seq })
    }
}

/// Of each stream the first message that was refused for the moment. Messages are sent without waiting for answers: what
/// was on its way behind that one would reach its readers first, and they would be told that one is missing.
#[derive(Default)]
pub(super) struct Turns(Mutex<Vec<Turn>>);

impl Turns {
    /// Whether its turn has come: nothing before it in its stream waits to be sent again.
    pub(super) fn take(&self, turn: Turn) -> bool {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let overtakes = refused.iter().any(|first| first.stream == turn.stream && first.seq < turn.seq);
        if !overtakes {
            refused.retain(|first| first.stream != turn.stream);
        }
        !overtakes
    }

    /// It was refused for the moment.
    pub(super) fn lose(&self, turn: Turn) {
        let mut refused = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match refused.iter_mut().find(|first| first.stream == turn.stream) {
            Some(first) => first.seq = first.seq.min(turn.seq),
            None => {
                if refused.len() >= MOST {
                    refused.remove(0);
                }
                refused.push(turn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(stream: u8, seq: u64) -> Turn {
        Turn { stream: (ConvId([1; 32]), StreamId([stream; 16])), seq }
    }

    #[test]
    fn what_was_refused_comes_before_what_is_behind_it() {
        let turns = Turns::default();
        turns.lose(turn(1, 3));
        turns.lose(turn(1, 4));
        assert!(!turns.take(turn(1, 4)) && !turns.take(turn(1, 9)));
        assert!(turns.take(turn(2, 9)), "another stream has its own order");
        assert!(turns.take(turn(1, 2)), "the same again from before it is no overtaking");
        turns.lose(turn(1, 3));
        assert!(turns.take(turn(1, 3)) && turns.take(turn(1, 4)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let turns = Turns::default();
        for stream in 0..=64 {
            turns.lose(turn(stream, 1));
        }
        assert!(turns.take(turn(0, 2)) && !turns.take(turn(1, 2)) && !turns.take(turn(64, 2)));
    }
}
