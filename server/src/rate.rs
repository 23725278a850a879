//! Counting, exact to one unit, by the clock that is passed in.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use crate::store::Millis;

/// At most `limit` in any `span`, for each key.
pub(crate) struct Window<K> {
    limit: usize,
    span: Millis,
    used: Mutex<HashMap<K, VecDeque<Millis>>>,
}

/// How many keys are remembered before the expired ones are looked for.
const KEYS: usize = 100_000;

impl<K: Hash + Eq> Window<K> {
    pub(crate) fn new(limit: u64, span: Millis) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), span, used: Mutex::default() }
    }

    /// Takes one, or says in how many seconds there is one again.
    pub(crate) fn take(&self, key: K, now: Millis) -> Result<(), u64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEYS && !used.contains_key(&key) {
            self.tidy(&mut used, now);
        }
        let times = used.entry(key).or_default();
        while times.front().is_some_and(|time| time + self.span <= now) {
            times.pop_front();
        }
        if times.len() >= self.limit {
            let free = times.front().map_or(now + self.span, |oldest| oldest + self.span);
            return Err(free.saturating_sub(now).div_ceil(1000).max(1));
        }
        times.push_back(now);
        Ok(())
    }

    /// Memory is bounded: where a flood of keys leaves no expired ones, those idle longest go.
    fn tidy(&self, used: &mut HashMap<K, VecDeque<Millis>>, now: Millis) {
        let mut horizon = now.saturating_sub(self.span);
        loop {
            used.retain(|_, times| times.back().is_some_and(|last| *last > horizon));
            if used.len() < KEYS {
                return;
            }
            horizon += (now - horizon).div_ceil(2).max(1);
        }
    }
}

/// A bucket of `burst` that fills by `per_second`.
pub(crate) struct Bucket {
    per_second: u64,
    /// In thousandths.
    full: u64,
    level: u64,
    at: Millis,
}

impl Bucket {
    pub(crate) fn new(per_second: u64, burst: u64, now: Millis) -> Self {
        let full = burst.saturating_mul(1000);
        Self { per_second, full, level: full, at: now }
    }

    /// Takes one, or says in how many seconds there is one again.
    pub(crate) fn take(&mut self, now: Millis) -> Result<(), u64> {
        self.level = self.level_at(now);
        self.at = now.max(self.at);
        match self.level.checked_sub(1000) {
            Some(rest) => {
                self.level = rest;
                Ok(())
            }
            None => Err((1000 - self.level).div_ceil(self.per_second.max(1)).div_ceil(1000).max(1)),
        }
    }

    fn level_at(&self, now: Millis) -> u64 {
        let gained = now.saturating_sub(self.at).saturating_mul(self.per_second);
        self.level.saturating_add(gained).min(self.full)
    }

    fn is_full(&self, now: Millis) -> bool {
        self.level_at(now) == self.full
    }
}

/// A [`Bucket`] for each key.
pub(crate) struct Buckets<K> {
    per_second: u64,
    burst: u64,
    used: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq> Buckets<K> {
    pub(crate) fn new(per_second: u64, burst: u64) -> Self {
        Self { per_second, burst, used: Mutex::default() }
    }

    /// Takes one, or says in how many seconds there is one again.
    pub(crate) fn take(&self, key: K, now: Millis) -> Result<(), u64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // A full one is as good as a new one: only those from which something was taken a moment ago are kept.
        if used.len() == used.capacity() {
            used.retain(|_, bucket| !bucket.is_full(now));
            let as_many = used.len();
            used.reserve(as_many.max(64));
        }
        used.entry(key).or_insert_with(|| Bucket::new(self.per_second, self.burst, now)).take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_gives_its_limit_in_any_span_and_not_one_more() {
        let window = Window::new(3, 1000);
        for now in [0, 400, 800] {
            assert_eq!(window.take("a", now), Ok(()));
        }
        assert_eq!(window.take("a", 999), Err(1));
        assert_eq!(window.take("b", 999), Ok(()));
        assert_eq!(window.take("a", 1000), Ok(()));
        assert_eq!(window.take("a", 1399), Err(1));
        assert_eq!(window.take("a", 1400), Ok(()));
    }

    #[test]
    fn a_refusal_says_how_long() {
        let window = Window::new(1, 60_000);
        window.take("a", 0).unwrap();
        assert_eq!(window.take("a", 500), Err(60));
        assert_eq!(window.take("a", 59_000), Err(1));
        assert_eq!(window.take("a", 60_000), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_does_not_grow_the_memory() {
        let window = Window::new(1, 1_000_000);
        for key in 0..KEYS as u64 + 10 {
            window.take(key, key).unwrap();
        }
        assert!(window.used.lock().unwrap().len() <= KEYS);
        assert!(window.take(KEYS as u64 + 9, KEYS as u64 + 9).is_err(), "the newest are remembered");
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(20, 60, 0);
        for _ in 0..60 {
            assert_eq!(bucket.take(0), Ok(()));
        }
        assert_eq!(bucket.take(0), Err(1));
        assert_eq!(bucket.take(49), Err(1));
        assert_eq!(bucket.take(50), Ok(()));
        assert_eq!(bucket.take(50), Err(1));
        for _ in 0..60 {
            assert_eq!(bucket.take(1_000_000), Ok(()));
        }
        assert_eq!(bucket.take(1_000_000), Err(1));
    }

    #[test]
    fn buckets_are_forgotten_when_they_are_full_and_not_before() {
        let buckets = Buckets::new(20, 60);
        let many = 10_000;
        for key in 0..many {
            assert_eq!(buckets.take(key, key), Ok(()), "one in a millisecond, full again after fifty");
        }
        assert!(buckets.used.lock().unwrap().len() < 300, "{}", buckets.used.lock().unwrap().len());
        for _ in 0..60 {
            assert_eq!(buckets.take(many, many), Ok(()));
        }
        for key in 0..many {
            buckets.take(key, many).ok();
        }
        assert_eq!(buckets.take(many, many), Err(1), "a flood of others does not fill it");
    }
}
