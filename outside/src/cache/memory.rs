//! Counters in the memory of the process: bounded, least recently used evicted first, atomic for
//! each key.

use std::sync::Arc;

use domain::{
    Time,
    access::limit::{self, Rate, Taken},
};
use moka::{
    ops::compute::Op,
    policy::EvictionPolicy,
    sync::{Cache, CacheBuilder},
};

use super::listeners::Listeners;

/// The cache of one process.
#[derive(Clone)]
pub struct Memory {
    /// The stored number of the limiter, by key.
    arrivals: Cache<String, Time>,
    pub(super) listeners: Arc<Listeners>,
}

impl Memory {
    pub fn new(entries: u64) -> Memory {
        // Not the default policy: it refuses new keys while old ones are in use, and a refused key
        // would be unlimited.
        let arrivals =
            CacheBuilder::new(entries.max(1)).eviction_policy(EvictionPolicy::lru()).build();
        Memory { arrivals, listeners: Arc::default() }
    }

    pub(super) fn take(&self, key: &str, rate: Rate, now: Time) -> Taken {
        let mut taken = None;
        self.arrivals.entry_by_ref(key).and_compute_with(|kept| {
            let (arrival, answer) = limit::take(kept.map(|it| it.into_value()), now, rate);
            taken = Some(answer);
            Op::Put(arrival)
        });
        // The closure always runs; if it did not, nothing would have been stored either.
        taken.unwrap_or_else(|| limit::take(None, now, rate).1)
    }

    pub(super) fn give_back(&self, key: &str, rate: Rate, now: Time) {
        self.arrivals.entry_by_ref(key).and_compute_with(|kept| {
            match limit::give_back(kept.map(|it| it.into_value()), now, rate) {
                Some(arrival) => Op::Put(arrival),
                None => Op::Remove,
            }
        });
    }
}
