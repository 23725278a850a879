//! Which of the mailbox's messages this browser has. The relay numbers them; but a number is only what the relay says, and
//! a relay restored from a backup gives a number twice. So each row has a place of its own, which is the number unless
//! that is taken, and what lies at a number is known by its envelope.

use signet_shared::EnvId;

use crate::sorted::{Map, Set};

/// No mailbox reaches this number, and whatever counts on from it stays far from the end of `u64`.
const MOST: u64 = 1 << 40;

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    /// What the relay delivered, by its numbers.
    numbers: Map<u64, EnvId>,
    /// Places that have a row.
    places: Set<u64>,
    /// The last number of this connection: the next is the one above it.
    last: u64,
    /// The relay's mailbox is not the one that it was: on the next connection, everything is looked at again.
    again: bool,
    /// This is that connection.
    from_first: bool,
}

impl Mailbox {
    /// Where to go on from, on a new connection. The last message that is here comes once more, so that another in its
    /// place shows.
    pub(super) fn begin(&mut self) -> u64 {
        self.from_first = core::mem::take(&mut self.again);
        self.last = if self.from_first { 0 } else { self.cursor().saturating_sub(1) };
        self.last
    }

    /// The mailbox ends at `head`. False if that is below what came before: this connection is of no use then.
    pub(super) fn fits(&mut self, head: u64) -> bool {
        let fits = self.from_first || head >= self.cursor();
        if !fits {
            self.numbers.retain(|number, _| *number <= head);
            self.again = true;
        }
        fits
    }

    /// Whether another message is known by this number, as after a restored backup. False while everything is looked at
    /// again; for then it is taken for what it is.
    pub(super) fn is_other(&mut self, number: u64, id: EnvId) -> bool {
        let other = !self.from_first && self.numbers.get(&number).is_some_and(|known| *known != id);
        self.again |= other;
        other
    }

    /// Whether this is the number that follows. No other can be, in an honest relay's order.
    pub(super) fn next(&mut self, number: u64) -> bool {
        let follows = number == self.last.saturating_add(1) && number < MOST;
        if follows {
            self.last = number;
        }
        follows
    }

    pub(super) fn has(&self, number: u64, id: EnvId) -> bool {
        self.numbers.get(&number) == Some(&id)
    }

    pub(super) fn knows(&self, number: u64) -> bool {
        self.numbers.contains_key(&number)
    }

    pub(super) fn has_row(&self, place: u64) -> bool {
        self.places.contains(&place)
    }

    /// The place for what came under this number.
    pub(super) fn place_for(&self, number: u64) -> u64 {
        match self.places.last() {
            Some(last) if self.places.contains(&number) => last.saturating_add(1),
            _ => number,
        }
    }

    /// The number of a row: that of its place, unless another took it.
    pub(super) fn number(&self, place: u64, id: EnvId) -> u64 {
        let is = |number: &u64| self.numbers.get(number) == Some(&id);
        if is(&place) {
            return place;
        }
        self.numbers.iter().find(|(_, known)| **known == id).map_or(place, |(number, _)| *number)
    }

    pub(super) fn keep(&mut self, place: u64, number: u64, id: EnvId) {
        self.places.insert(place);
        self.numbers.insert(number, id);
    }

    /// The row could not be stored: it is fetched again.
    pub(super) fn lose(&mut self, place: u64, number: u64) {
        self.places.remove(&place);
        self.numbers.remove(&number);
    }

    /// The highest number below which nothing is missing here.
    pub(super) fn cursor(&self) -> u64 {
        let mut cursor = 0;
        for number in self.numbers.keys() {
            if *number != cursor + 1 {
                break;
            }
            cursor = *number;
        }
        cursor
    }
}
