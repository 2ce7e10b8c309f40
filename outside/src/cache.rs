//! The cache: rate limits and wake-ups, in the memory of this process or in Redis. Its contents may
//! be lost at any time.
//!
//! Losing them costs a fresh window or a later wake-up, never a security property. Both kinds
//! implement the rule of [`domain::access::limit`]; times are arguments, and no decision depends on
//! the expiry of a key. While Redis is unavailable, each node counts in its own memory.

mod listeners;
mod memory;
mod redis;

use std::sync::Arc;

use domain::{
    Time,
    access::limit::{Rate, Taken},
    settings,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use self::{memory::Memory, redis::Redis};

/// Where the counters are.
#[derive(Clone)]
pub enum Cache {
    Memory(Memory),
    Redis(Arc<Redis>),
}

#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("the address of the cache is wrong: {0}")]
    Address(String),
    #[error("the cache does not answer")]
    Unavailable,
}

impl Cache {
    /// The cache of the settings. If Redis is unavailable the server starts anyway and counts in
    /// memory; only a wrong address is an error.
    pub async fn connect(settings: &settings::Cache) -> Result<Cache, CacheError> {
        let memory = Memory::new(settings.memory_entries);
        if settings.url.is_empty() {
            return Ok(Cache::Memory(memory));
        }
        let redis = Redis::new(&settings.url, &settings.prefix, memory)?;
        // The result is not needed: a failure is logged, and the next call tries again.
        let _ = redis.ping().await;
        Ok(Cache::Redis(Arc::new(redis)))
    }

    /// Takes one use of `rate` from `key`.
    pub async fn take(&self, key: &str, rate: Rate, now: Time) -> Taken {
        match self {
            Cache::Memory(memory) => memory.take(key, rate, now),
            Cache::Redis(redis) => redis.take(key, rate, now).await,
        }
    }

    /// Undoes one [`take`](Cache::take), for limits that count only failures or created accounts.
    pub async fn give_back(&self, key: &str, rate: Rate, now: Time) {
        match self {
            Cache::Memory(memory) => memory.give_back(key, rate, now),
            Cache::Redis(redis) => redis.give_back(key, rate, now).await,
        }
    }

    /// Wakes the listeners of `channel` on every node that shares the cache. A wake-up may be lost
    /// or arrive twice: it only says "look now", and listeners poll anyway.
    pub async fn publish(&self, channel: &str) {
        match self {
            Cache::Memory(memory) => memory.listeners.notify(channel),
            Cache::Redis(redis) => redis.publish(channel).await,
        }
    }

    /// Notifies `notify` of each wake-up on `channel`, until `stop`. It reconnects by itself, and
    /// notifies once after that, for wake-ups that were missed.
    pub async fn listen(self, channel: &'static str, notify: Arc<Notify>, stop: CancellationToken) {
        match self {
            Cache::Memory(memory) => {
                let _listening = memory.listeners.add(channel, notify);
                stop.cancelled().await;
            }
            Cache::Redis(redis) => {
                let _listening = redis.memory.listeners.add(channel, notify.clone());
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = redis.relay(channel, &notify) => {}
                }
            }
        }
    }

    /// Whether the last request was answered.
    pub fn is_healthy(&self) -> bool {
        match self {
            Cache::Memory(_) => true,
            Cache::Redis(redis) => redis.is_healthy(),
        }
    }

    /// Checks that it answers, within half a second.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match self {
            Cache::Memory(_) => Ok(()),
            Cache::Redis(redis) => redis.ping().await,
        }
    }
}
