//! How many there are at this moment, for each address and for the network around it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::config::{Address, Counted};

/// Exact to one unit: the one above the limit gets no place.
pub(crate) struct Places {
    per_address: usize,
    per_network: usize,
    taken: Mutex<HashMap<Counted, usize>>,
}

/// Given up when dropped.
pub(crate) struct Place {
    address: Address,
    places: Arc<Places>,
}

impl Places {
    pub(crate) fn new(per_address: u64, addresses_per_network: u64) -> Arc<Self> {
        let size = |n| usize::try_from(n).unwrap_or(usize::MAX);
        Arc::new(Self {
            per_address: size(per_address),
            per_network: size(per_address.saturating_mul(addresses_per_network)),
            taken: Mutex::default(),
        })
    }

    pub(crate) fn take(self: &Arc<Self>, address: Address) -> Option<Place> {
        let mut taken = self.taken();
        let is_full = |counted| taken.get(&counted).is_some_and(|n| *n >= self.most(counted));
        if self.per_address == 0 || address.counted().any(is_full) {
            return None;
        }
        for counted in address.counted() {
            *taken.entry(counted).or_default() += 1;
        }
        Some(Place { address, places: self.clone() })
    }

    fn most(&self, counted: Counted) -> usize {
        match counted {
            Counted::Address(_) => self.per_address,
            Counted::Network(_) => self.per_network,
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Counted, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        for counted in self.address.counted() {
            if let Some(n) = taken.get_mut(&counted) {
                *n -= 1;
                if *n == 0 {
                    taken.remove(&counted);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn an_address_and_its_network_have_so_many_places_and_get_them_back() {
        let places = Places::new(2, 2);
        let take = |text: &str| places.take(text.parse::<IpAddr>().unwrap().into());
        let first = [take("1.2.3.4").unwrap(), take("1.2.3.4").unwrap()];
        assert!(take("1.2.3.4").is_none());
        let _other = take("1.2.3.5").unwrap();
        drop(first);
        let _again = take("1.2.3.4").unwrap();

        let one = [take("2001:db8:0:1::1").unwrap(), take("2001:db8:0:1::2").unwrap()];
        assert!(take("2001:db8:0:1::3").is_none(), "a /64 is one address");
        let two = take("2001:db8:0:2::1").unwrap();
        let _three = take("2001:db8:0:3::1").unwrap();
        assert!(take("2001:db8:0:4::1").is_none(), "a /48 is as much as two");
        assert!(take("2001:db8:1:4::1").is_some());
        drop(two);
        let _four = take("2001:db8:0:4::1").unwrap();
        drop(one);
        assert_eq!(places.taken().len(), 2 + 3, "of the three /64 and /48 that are left, and two of IPv4");
    }
}
