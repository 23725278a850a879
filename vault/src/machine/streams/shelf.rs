//! Streams by their random names, in the order in which they came. A sorted vector would move half of what it holds for
//! every new one, and whoever opens a browser often, or means harm, makes many.

use std::collections::HashMap;

use signet_shared::StreamId;

#[derive(Debug)]
pub(super) struct Shelf<T> {
    things: Vec<(StreamId, T)>,
    at: HashMap<StreamId, usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: Vec::new(), at: HashMap::new() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(&self, id: &StreamId) -> Option<&T> {
        self.things.get(*self.at.get(id)?).map(|(_, thing)| thing)
    }

    pub(super) fn get_mut(&mut self, id: &StreamId) -> Option<&mut T> {
        self.things.get_mut(*self.at.get(id)?).map(|(_, thing)| thing)
    }

    pub(super) fn get_or_insert_with(&mut self, id: StreamId, make: impl FnOnce() -> T) -> &mut T {
        let end = self.things.len();
        let at = *self.at.entry(id).or_insert(end);
        if at == end {
            self.things.push((id, make()));
        }
        &mut self.things[at].1
    }

    pub(super) fn contains_key(&self, id: &StreamId) -> bool {
        self.at.contains_key(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&StreamId, &T)> {
        self.things.iter().map(|(id, thing)| (id, thing))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.things.iter().map(|(_, thing)| thing)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.iter_mut().map(|(_, thing)| thing)
    }
}
