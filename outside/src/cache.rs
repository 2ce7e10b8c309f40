//! The cache: what may vanish. Rate limits and wake-ups, in the memory of this process or in Redis.
//!
//! Losing it costs a fresh window or a later wake-up, never a security property. Both kinds keep
//! the one rule of [`domain::access::limit`]; times are arguments, and no expiry decides anything. When
//! Redis is away, each node counts in its own memory until it is back.

mod bells;
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
    /// The cache of the settings. A Redis that is away does not hinder the start: counting begins
    /// in memory, and only a wrong address is an error.
    pub async fn connect(settings: &settings::Cache) -> Result<Cache, CacheError> {
        let memory = Memory::new(settings.memory_entries);
        if settings.url.is_empty() {
            return Ok(Cache::Memory(memory));
        }
        let redis = Redis::new(&settings.url, &settings.prefix, memory)?;
        // The answer is not needed: what it found is logged, and the next call tries again.
        let _ = redis.ping().await;
        Ok(Cache::Redis(Arc::new(redis)))
    }

    /// Takes one of `rate` from `key`.
    pub async fn take(&self, key: &str, rate: Rate, now: Time) -> Taken {
        match self {
            Cache::Memory(memory) => memory.take(key, rate, now),
            Cache::Redis(redis) => redis.take(key, rate, now).await,
        }
    }

    /// Undoes one [`take`](Cache::take), for limits that count only what failed or was made.
    pub async fn give_back(&self, key: &str, rate: Rate, now: Time) {
        match self {
            Cache::Memory(memory) => memory.give_back(key, rate, now),
            Cache::Redis(redis) => redis.give_back(key, rate, now).await,
        }
    }

    /// Wakes whoever listens to `channel`, on every node that shares the cache. A wake-up may be
    /// lost or come twice: it says "look now", and listeners look from time to time anyway.
    pub async fn publish(&self, channel: &str) {
        match self {
            Cache::Memory(memory) => memory.bells.ring(channel),
            Cache::Redis(redis) => redis.publish(channel).await,
        }
    }

    /// Gives `notify` a permit for each wake-up on `channel`, until `stop`. Reconnects by itself,
    /// and gives one permit each time it has, for what was published meanwhile.
    pub async fn listen(self, channel: &'static str, notify: Arc<Notify>, stop: CancellationToken) {
        match self {
            Cache::Memory(memory) => {
                let _hung = memory.bells.hang(channel, notify);
                stop.cancelled().await;
            }
            Cache::Redis(redis) => {
                let _hung = redis.memory.bells.hang(channel, notify.clone());
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = redis.relay(channel, &notify) => {}
                }
            }
        }
    }

    /// Whether the last thing asked of it was answered.
    pub fn is_healthy(&self) -> bool {
        match self {
            Cache::Memory(_) => true,
            Cache::Redis(redis) => redis.is_healthy(),
        }
    }

    /// Asks whether it answers, within half a second.
    pub async fn ping(&self) -> Result<(), CacheError> {
        match self {
            Cache::Memory(_) => Ok(()),
            Cache::Redis(redis) => redis.ping().await,
        }
    }
}
