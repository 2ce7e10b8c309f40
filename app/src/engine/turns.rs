//! Turns: requests with the same key run one after another in order of arrival, or as many at once
//! as there are slots. They are of one process only.
//!
//! Keys are hashed to a fixed number of queues, so nothing grows and nothing needs cleanup. The
//! hash is keyed: which keys share a queue cannot be told from outside.

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{access::lockout::Rule, settings::Lockout};
use tokio::sync::{Semaphore, SemaphorePermit};

/// With this many queues, two strangers seldom meet in one.
const QUEUES: u64 = 4_096;
/// How long a guess waits for its turn.
const TIMEOUT: Duration = Duration::from_secs(5);

pub struct Turns {
    keys: RandomState,
    queues: Box<[Queue]>,
    slots_per_queue: u32,
    /// How long a request waits.
    timeout: Duration,
    /// The number of turns that have ended.
    ended: AtomicU64,
}

struct Queue {
    free: Semaphore,
    /// The moment when the last turn ended.
    last: AtomicU64,
}

/// How many slots of a queue a turn takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slots {
    One,
    All,
}

/// A point in the order in which turns end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

impl Turns {
    pub fn new(slots_per_queue: u32, timeout: Duration) -> Turns {
        let slots_per_queue = slots_per_queue.max(1);
        let queue =
            |_| Queue { free: Semaphore::new(slots_per_queue as usize), last: AtomicU64::new(0) };
        Turns {
            keys: RandomState::new(),
            queues: (0..QUEUES).map(queue).collect(),
            slots_per_queue,
            timeout,
            ended: AtomicU64::new(0),
        }
    }

    /// The current moment, taken before reading data: see [`Turn::none_ended_since`].
    pub fn moment(&self) -> Moment {
        Moment(self.ended.load(Ordering::SeqCst))
    }

    /// Waits for a turn, which lasts until it is dropped. `None` after the timeout.
    pub async fn wait(&self, key: &impl Hash, slots: Slots) -> Option<Turn<'_>> {
        let number = usize::try_from(self.keys.hash_one(key) % QUEUES).ok()?;
        let queue = self.queues.get(number)?;
        let count = if slots == Slots::All { self.slots_per_queue } else { 1 };
        let permit = match queue.free.try_acquire_many(count) {
            Ok(permit) => permit,
            Err(_) => {
                let permit = queue.free.acquire_many(count);
                tokio::time::timeout(self.timeout, permit).await.ok()?.ok()?
            }
        };
        Some(Turn { last: &queue.last, ended: &self.ended, _permit: permit })
    }
}

/// The queues of guesses, per name and per account.
pub(crate) struct Guesses {
    pub names: Turns,
    pub accounts: Turns,
}

impl Guesses {
    pub fn new(settings: &Lockout) -> Guesses {
        let turns = |rule: Rule| Turns::new(rule.at_once(), TIMEOUT);
        Guesses {
            names: turns(Rule::of_name(settings)),
            accounts: turns(Rule::of_account(settings)),
        }
    }
}

/// A turn. It ends when it is dropped.
#[must_use = "dropping it ends the turn at once"]
pub struct Turn<'a> {
    last: &'a AtomicU64,
    ended: &'a AtomicU64,
    _permit: SemaphorePermit<'a>,
}

impl Turn<'_> {
    /// Whether no turn of this queue has ended since, so that data that was read after that moment
    /// is current.
    pub fn none_ended_since(&self, moment: Moment) -> bool {
        self.last.load(Ordering::SeqCst) <= moment.0
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let now = self.ended.fetch_add(1, Ordering::SeqCst) + 1;
        self.last.fetch_max(now, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn a_turn_knows_what_happened_before_it() {
        let turns = Turns::new(2, SHORT);
        let before = turns.moment();
        let first = turns.wait(&1, Slots::One).await.unwrap();
        let beside = turns.wait(&1, Slots::One).await.unwrap();
        assert!(first.none_ended_since(before) && beside.none_ended_since(before));
        let during = turns.moment();
        drop(first);
        assert!(!beside.none_ended_since(during));
        assert!(beside.none_ended_since(turns.moment()));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new(2, SHORT);
        let held = turns.wait(&1, Slots::One).await.unwrap();
        assert!(turns.wait(&1, Slots::All).await.is_none());
        drop(held);
        let _held = turns.wait(&1, Slots::All).await.unwrap();
        assert!(turns.wait(&1, Slots::One).await.is_none());
    }
}
