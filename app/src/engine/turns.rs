//! Turns: requests about one thing go one after another, in the order they came in, or as many at
//! once as there are places. Across nodes nothing keeps the order.
//!
//! A queue is shared by all things whose keys fall to it, so that there is nothing to forget and
//! nothing grows; which those are, nobody outside can tell.

use std::{
    hash::{BuildHasher as _, Hash, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{access::lockout::Rule, settings::Lockout};
use tokio::sync::{Semaphore, SemaphorePermit};

/// With this many requests under way, two strangers seldom share a queue.
const QUEUES: u64 = 4_096;
/// How long a guess at a password waits for its turn.
const LONGEST: Duration = Duration::from_secs(5);

pub struct Turns {
    keys: RandomState,
    queues: Box<[Queue]>,
    places: u32,
    /// How long a request waits for those before it.
    longest: Duration,
    /// How many turns have ended.
    ended: AtomicU64,
}

struct Queue {
    free: Semaphore,
    /// The moment when the last turn ended.
    last: AtomicU64,
}

/// How much of a queue a turn takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    Place,
    Whole,
}

/// A point in the order in which turns end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

impl Turns {
    pub fn new(places: u32, longest: Duration) -> Turns {
        let places = places.max(1);
        let queue = |_| Queue { free: Semaphore::new(places as usize), last: AtomicU64::new(0) };
        Turns {
            keys: RandomState::new(),
            queues: (0..QUEUES).map(queue).collect(),
            places,
            longest,
            ended: AtomicU64::new(0),
        }
    }

    /// To be asked for before something is read: see [`Turn::is_first_since`].
    pub fn moment(&self) -> Moment {
        Moment(self.ended.load(Ordering::SeqCst))
    }

    /// Waits for this request's turn, which lasts as long as what is given back. `None`: it has
    /// waited long enough.
    pub async fn wait(&self, key: &impl Hash, share: Share) -> Option<Turn<'_>> {
        let number = usize::try_from(self.keys.hash_one(key) % QUEUES).ok()?;
        let queue = self.queues.get(number)?;
        let places = if share == Share::Whole { self.places } else { 1 };
        let place = match queue.free.try_acquire_many(places) {
            Ok(place) => place,
            Err(_) => {
                let place = queue.free.acquire_many(places);
                tokio::time::timeout(self.longest, place).await.ok()?.ok()?
            }
        };
        Some(Turn { last: &queue.last, ended: &self.ended, _place: place })
    }
}

/// The queues of guesses at a password, of names and of accounts.
pub(crate) struct Guesses {
    pub names: Turns,
    pub accounts: Turns,
}

impl Guesses {
    pub fn new(settings: &Lockout) -> Guesses {
        let turns = |rule: Rule| Turns::new(rule.at_once(), LONGEST);
        Guesses {
            names: turns(Rule::of_name(settings)),
            accounts: turns(Rule::of_account(settings)),
        }
    }
}

/// A request's turn, until it is dropped.
#[must_use = "it ends at once"]
pub struct Turn<'a> {
    last: &'a AtomicU64,
    ended: &'a AtomicU64,
    _place: SemaphorePermit<'a>,
}

impl Turn<'_> {
    /// Whether no turn of this queue has ended since: whatever turns write, what was read after
    /// that moment is still true.
    pub fn is_first_since(&self, moment: Moment) -> bool {
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
        let first = turns.wait(&1, Share::Place).await.unwrap();
        let beside = turns.wait(&1, Share::Place).await.unwrap();
        assert!(first.is_first_since(before) && beside.is_first_since(before));
        let during = turns.moment();
        drop(first);
        assert!(!beside.is_first_since(during));
        assert!(beside.is_first_since(turns.moment()));
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let turns = Turns::new(2, SHORT);
        let held = turns.wait(&1, Share::Place).await.unwrap();
        assert!(turns.wait(&1, Share::Whole).await.is_none());
        drop(held);
        let _held = turns.wait(&1, Share::Whole).await.unwrap();
        assert!(turns.wait(&1, Share::Place).await.is_none());
    }
}
