//! Maps and sets in sorted vectors.
//!
//! The standard library's B-trees and hash tables bring some kilobytes of code for each type that they hold, which every
//! visitor's browser fetches before the first message is seen. What the vault keeps comes mostly in ascending order, and
//! an insertion at the end of a vector costs nothing; one in the middle moves the rest, for 100,000 messages some
//! milliseconds.

use core::{
    mem,
    ops::{Bound, RangeBounds},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// In ascending order of keys, each of which is there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map<K, V>(Vec<(K, V)>);

/// Puts an item where it belongs in a short ascending vector, unless it is there.
pub(crate) fn insert<T: Ord>(items: &mut Vec<T>, item: T) {
    let at = items.iter().take_while(|kept| **kept < item).count();
    if items.get(at) != Some(&item) {
        items.insert(at, item);
    }
}

/// The items by ascending keys, equals in the order in which they came. One sort for everything that is sorted: the
/// standard library's brings its code anew for every type.
pub(crate) fn in_order<T>(items: Vec<T>, key: impl Fn(&T) -> u64) -> Vec<T> {
    let mut places: Vec<(u64, usize)> = items.iter().enumerate().map(|(at, item)| (key(item), at)).collect();
    places.sort_unstable();
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    places.into_iter().filter_map(|(_, at)| items.get_mut(at)?.take()).collect()
}

/// A key for [`in_order`] of names whose first eight bytes tell them apart.
pub(crate) fn first_bytes(name: &[u8]) -> u64 {
    name.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> Map<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn last_key_value(&self) -> Option<(&K, &V)> {
        self.0.last().map(|(key, value)| (key, value))
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Where the key is, or where it would be.
    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(here, _)| here.cmp(key))
    }

    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_ok()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(self.find(key).ok()?).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Returns the value that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.find(key).ok().map(|at| self.0.remove(at).1)
    }

    pub(crate) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.find(&key) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (key, make()));
                at
            }
        };
        &mut self.0[at].1
    }

    pub(crate) fn range(&self, keys: impl RangeBounds<K>) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let from = match keys.start_bound() {
            Bound::Included(key) => self.0.partition_point(|(here, _)| here < key),
            Bound::Excluded(key) => self.0.partition_point(|(here, _)| here <= key),
            Bound::Unbounded => 0,
        };
        let to = match keys.end_bound() {
            Bound::Included(key) => self.0.partition_point(|(here, _)| here <= key),
            Bound::Excluded(key) => self.0.partition_point(|(here, _)| here < key),
            Bound::Unbounded => self.0.len(),
        };
        self.0.get(from..to).unwrap_or_default().iter().map(|(key, value)| (key, value))
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// As a sequence of pairs, which is what postcard makes of any map.
impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Takes entries in any order; of two with one key the later stays.
impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

/// In ascending order, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Set<K>(Map<K, ()>);

impl<K> Default for Set<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Set<K> {
    pub(crate) const fn new() -> Self {
        Self(Map::new())
    }

    pub(crate) fn last(&self) -> Option<&K> {
        self.0.last_key_value().map(|(key, ())| key)
    }
}

impl<K: Ord> Set<K> {
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// Whether it was not there yet.
    pub(crate) fn insert(&mut self, key: K) -> bool {
        self.0.insert(key, ()).is_none()
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, key: &K) -> bool {
        self.0.remove(key).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is done, the standard library's map says the same.
        #[test]
        fn it_is_a_map(steps in proptest::collection::vec((0..4_u8, 0..30_u8, any::<u16>()), 0..200)) {
            let (mut map, mut twin) = (Map::new(), BTreeMap::new());
            for (what, key, value) in steps {
                match what {
                    0 => prop_assert_eq!(map.insert(key, value), twin.insert(key, value)),
                    1 => prop_assert_eq!(map.remove(&key), twin.remove(&key)),
                    2 => {
                        let (mine, its) = (map.get_or_insert_with(key, || value), twin.entry(key).or_insert(value));
                        prop_assert_eq!(&*mine, &*its);
                    }
                    _ => {
                        map.retain(|here, _| *here != key);
                        twin.retain(|here, _| *here != key);
                    }
                }
                prop_assert!(map.iter().eq(twin.iter()));
                prop_assert_eq!(map.get(&key), twin.get(&key));
                prop_assert_eq!(map.last_key_value(), twin.last_key_value());
                prop_assert!(map.range(key..).eq(twin.range(key..)));
                prop_assert!(map.range(..key).eq(twin.range(..key)));
                prop_assert!(map.range(..=key).rev().eq(twin.range(..=key).rev()));
            }
        }
    }

    /// What was sealed as a map of the standard library opens as this one.
    #[test]
    fn its_bytes_are_those_of_any_map() {
        let twin: BTreeMap<u16, &str> = [(3, "three"), (700, "many"), (1, "one")].into();
        let bytes = postcard::to_allocvec(&twin).unwrap();
        let map: Map<u16, &str> = postcard::from_bytes(&bytes).unwrap();
        assert!(map.iter().eq(twin.iter()));
        assert_eq!(postcard::to_allocvec(&map).unwrap(), bytes);
    }

    #[test]
    fn a_set_holds_each_once() {
        let mut set = Set::new();
        assert!(set.insert(2) && set.insert(1) && !set.insert(2));
        assert_eq!(set.last(), Some(&2));
        assert!(set.remove(&2) && !set.remove(&2) && !set.contains(&2) && set.contains(&1));
    }

    #[test]
    fn in_order_keeps_equals_as_they_came() {
        let items = vec![(3, 'a'), (1, 'b'), (3, 'c'), (0, 'd'), (1, 'e')];
        let sorted: String = in_order(items, |(key, _)| *key).into_iter().map(|(_, letter)| letter).collect();
        assert_eq!(sorted, "dbeac");
        assert_eq!(first_bytes(&[0, 0, 0, 0, 0, 0, 1, 2, 9]), 258);
    }
}
