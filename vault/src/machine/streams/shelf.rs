//! Streams by their random names, in the order in which they came. A sorted vector would move half of what it holds for
//! every new one, and whoever opens a browser often, or means harm, makes many.

use signet_shared::StreamId;

use crate::hashed::Index;

#[derive(Debug)]
pub(super) struct Shelf<T> {
    things: Vec<(StreamId, T)>,
    at: Index<StreamId>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: Vec::new(), at: Index::default() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn get(&self, id: &StreamId) -> Option<&T> {
        self.things.get(self.place(id)?).map(|(_, thing)| thing)
    }

    pub(super) fn get_mut(&mut self, id: &StreamId) -> Option<&mut T> {
        let at = self.place(id)?;
        self.things.get_mut(at).map(|(_, thing)| thing)
    }

    pub(super) fn get_or_insert_with(&mut self, id: StreamId, make: impl FnOnce() -> T) -> &mut T {
        let at = self.place(&id).unwrap_or_else(|| {
            let end = self.things.len();
            self.at.insert(&id, end as u64);
            self.things.push((id, make()));
            end
        });
        &mut self.things[at].1
    }

    pub(super) fn contains_key(&self, id: &StreamId) -> bool {
        self.at.contains(id)
    }

    fn place(&self, id: &StreamId) -> Option<usize> {
        usize::try_from(self.at.get(id)?).ok()
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
