//! Counting, exact to one unit, by the clock that is passed in.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use crate::{
    config::{Address, Counted},
    store::Millis,
};

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
        self.take_each([(key, self.limit)], now)
    }

    /// Takes one of each key, with a limit of its own, or none of any.
    fn take_each<const N: usize>(&self, keys: [(K, usize); N], now: Millis) -> Result<(), u64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= KEYS && keys.iter().any(|(key, _)| !used.contains_key(key)) {
            self.tidy(&mut used, now);
        }
        let wait = keys.iter().filter_map(|(key, limit)| self.wait(used.get_mut(key), *limit, now)).max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for (key, _) in keys {
            used.entry(key).or_default().push_back(now);
        }
        Ok(())
    }

    /// In how many seconds there is one again, if there is none now.
    fn wait(&self, times: Option<&mut VecDeque<Millis>>, limit: usize, now: Millis) -> Option<u64> {
        let mut oldest = None;
        if let Some(times) = times {
            while times.front().is_some_and(|time| time + self.span <= now) {
                times.pop_front();
            }
            if times.len() < limit {
                return None;
            }
            oldest = times.front().copied();
        } else if limit > 0 {
            return None;
        }
        let free = oldest.unwrap_or(now) + self.span;
        Some(free.saturating_sub(now).div_ceil(1000).max(1))
    }

    /// Memory is bounded: where a flood of keys leaves no expired ones, those idle longest go. A quarter goes at least, so
    /// that a flood does not make every request look through all of them.
    fn tidy(&self, used: &mut HashMap<K, VecDeque<Millis>>, now: Millis) {
        let mut horizon = now.saturating_sub(self.span);
        loop {
            used.retain(|_, times| times.back().is_some_and(|last| *last > horizon));
            if used.len() <= KEYS / 4 * 3 {
                return;
            }
            horizon += (now - horizon).div_ceil(2).max(1);
        }
    }
}

/// A [`Window`] by address, and by the network around it.
pub(crate) struct ByAddress {
    window: Window<Counted>,
    per_network: usize,
}

impl ByAddress {
    pub(crate) fn new(limit: u64, addresses_per_network: u64, span: Millis) -> Self {
        let per_network = usize::try_from(limit.saturating_mul(addresses_per_network)).unwrap_or(usize::MAX);
        Self { window: Window::new(limit, span), per_network }
    }

    /// Takes one, or says in how many seconds there is one again.
    pub(crate) fn take(&self, address: Address, now: Millis) -> Result<(), u64> {
        let mut counted = address.counted();
        match (counted.next(), counted.next()) {
            (Some(address), Some(network)) => {
                self.window.take_each([(address, self.window.limit), (network, self.per_network)], now)
            }
            (Some(address), None) => self.window.take(address, now),
            (None, _) => Ok(()),
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
    used: Mutex<Used<K>>,
}

struct Used<K> {
    buckets: HashMap<K, Bucket>,
    /// So many are looked through next time: twice what was left, so that the work for each stays the same.
    tidy_at: usize,
}

const FEW: usize = 256;

impl<K: Hash + Eq> Buckets<K> {
    pub(crate) fn new(per_second: u64, burst: u64) -> Self {
        Self { per_second, burst, used: Mutex::new(Used { buckets: HashMap::new(), tidy_at: FEW }) }
    }

    /// Takes one, or says in how many seconds there is one again.
    pub(crate) fn take(&self, key: K, now: Millis) -> Result<(), u64> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // A full one is as good as a new one: only those from which something was taken a moment ago are kept.
        if used.buckets.len() >= used.tidy_at {
            used.buckets.retain(|_, bucket| !bucket.is_full(now));
            used.tidy_at = (2 * used.buckets.len()).max(FEW);
        }
        used.buckets.entry(key).or_insert_with(|| Bucket::new(self.per_second, self.burst, now)).take(now)
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
    fn a_network_is_as_much_as_several_addresses_and_a_refusal_takes_nothing() {
        let window = ByAddress::new(2, 2, 1000);
        let take = |text: &str, now| window.take(text.parse::<std::net::IpAddr>().unwrap().into(), now);
        for now in [0, 100] {
            assert_eq!(take("2001:db8:0:1::1", now), Ok(()));
            assert_eq!(take("1.2.3.4", now), Ok(()));
        }
        for _ in 0..5 {
            assert_eq!(take("2001:db8:0:1::2", 200), Err(1), "its /64 has none left");
            assert_eq!(take("1.2.3.4", 200), Err(1));
        }
        assert_eq!(take("2001:db8:0:2::1", 300), Ok(()), "the refused did not count for the /48");
        assert_eq!(take("2001:db8:0:3::1", 400), Ok(()));
        assert_eq!(take("2001:db8:0:4::1", 500), Err(1), "the /48 has none left");
        assert_eq!(take("2001:db8:1:4::1", 500), Ok(()), "another /48");
        assert_eq!(take("2001:db8:0:4::1", 1000), Ok(()));
        assert_eq!(take("2001:db8:0:4::1", 1099), Err(1));
        assert_eq!(take("2001:db8:0:4::1", 1100), Ok(()), "nor the refused for the /64");
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
        let left = window.used.lock().unwrap().len();
        assert!(left <= KEYS / 4 * 3 + 10, "{left}: there is room for many before they are looked through again");
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
        assert!(buckets.used.lock().unwrap().buckets.len() <= FEW);
        for _ in 0..60 {
            assert_eq!(buckets.take(many, many), Ok(()));
        }
        for key in 0..many {
            buckets.take(key, many).ok();
        }
        assert_eq!(buckets.take(many, many), Err(1), "a flood of others does not fill it");
    }
}
