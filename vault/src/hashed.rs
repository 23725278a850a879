//! A hash table for names that come in no order, where a sorted vector would move half of what it holds for each.
//!
//! One table for all of them: the standard library's brings its code anew for every type that it holds, which every
//! visitor's browser fetches before the first message is seen.

use core::marker::PhantomData;
use std::collections::HashMap;

use signet_ask::MessageId;
use signet_shared::{EnvId, StreamId};

/// What a table can be asked by: no two names of a kind have the same bytes.
pub(crate) trait Name {
    fn bytes(&self) -> [u8; 32];
}

/// Numbers by names.
#[derive(Debug)]
pub(crate) struct Index<N>(HashMap<[u8; 32], u64>, PhantomData<N>);

/// Names alone.
#[derive(Debug, Default)]
pub(crate) struct Names(Index<EnvId>);

impl<N> Default for Index<N> {
    fn default() -> Self {
        Self(HashMap::new(), PhantomData)
    }
}

impl<N: Name> Index<N> {
    pub(crate) fn get(&self, name: &N) -> Option<u64> {
        self.0.get(&name.bytes()).copied()
    }

    pub(crate) fn contains(&self, name: &N) -> bool {
        self.get(name).is_some()
    }

    /// Returns the number that the name had before.
    pub(crate) fn insert(&mut self, name: &N, number: u64) -> Option<u64> {
        self.0.insert(name.bytes(), number)
    }
}

impl Names {
    pub(crate) fn contains(&self, name: &EnvId) -> bool {
        self.0.contains(name)
    }

    /// Whether it was not there.
    pub(crate) fn insert(&mut self, name: EnvId) -> bool {
        self.0.insert(&name, 0).is_none()
    }

    pub(crate) fn add(&mut self, names: &[EnvId]) {
        for name in names {
            self.insert(*name);
        }
    }

    pub(crate) fn remove(&mut self, name: &EnvId) {
        self.0.0.remove(&name.bytes());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.0.is_empty()
    }

    /// All of them, in no order; none is left.
    pub(crate) fn take(&mut self) -> Vec<EnvId> {
        core::mem::take(&mut self.0.0).into_keys().map(EnvId).collect()
    }
}

impl Name for EnvId {
    fn bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl Name for MessageId {
    fn bytes(&self) -> [u8; 32] {
        joined(self.author.0, self.uuid.0)
    }
}

impl Name for StreamId {
    fn bytes(&self) -> [u8; 32] {
        joined(self.0, [0; 16])
    }
}

fn joined(first: [u8; 16], second: [u8; 16]) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (a, b) = bytes.split_at_mut(16);
    a.copy_from_slice(&first);
    b.copy_from_slice(&second);
    bytes
}

#[cfg(test)]
mod tests {
    use signet_shared::{AccountId, ClientUuid};

    use super::*;

    #[test]
    fn names_are_told_apart_by_all_of_their_bytes() {
        let mut index = Index::<MessageId>::default();
        let id = |author: u8, uuid: u8| MessageId { author: AccountId([author; 16]), uuid: ClientUuid([uuid; 16]) };
        assert_eq!((index.insert(&id(1, 2), 7), index.insert(&id(2, 1), 8)), (None, None));
        assert_eq!((index.get(&id(1, 2)), index.get(&id(2, 1)), index.get(&id(1, 1))), (Some(7), Some(8), None));
        assert_eq!(index.insert(&id(1, 2), 9), Some(7));
        let mut names = Names::default();
        assert!(names.insert(EnvId([1; 32])) && !names.insert(EnvId([1; 32])) && names.insert(EnvId([2; 32])));
        names.remove(&EnvId([1; 32]));
        assert!(!names.contains(&EnvId([1; 32])) && !names.is_empty());
        assert_eq!((names.take(), names.is_empty()), (vec![EnvId([2; 32])], true));
    }
}
