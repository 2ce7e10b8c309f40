//! What a health check saw, and how many who ask at once share one.

use std::sync::atomic::{AtomicU64, Ordering};

use store::jobs::Backlog;
use tokio::sync::Mutex;

/// What a health check sees.
#[derive(Debug, Clone)]
pub struct Health {
    pub database: bool,
    pub cache: bool,
    /// How much there is to do; `None` where the database could not say.
    pub queue: Option<Backlog>,
}

/// Checks that are shared: whoever asks gets one that began after they asked, and no two are under
/// way at once, however many strangers ask.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    begun: AtomicU64,
    /// With its number.
    last: Mutex<Option<(u64, T)>>,
}

impl<T: Clone> Shared<T> {
    pub const fn new() -> Shared<T> {
        Shared { begun: AtomicU64::new(0), last: Mutex::const_new(None) }
    }

    pub async fn share(&self, look: impl AsyncFnOnce() -> T) -> T {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((_, seen)) = last.as_ref().filter(|(number, _)| *number > asked) {
            return seen.clone();
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let seen = look().await;
        *last = Some((number, seen.clone()));
        seen
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn twenty_who_ask_at_once_share_two_looks() {
        static LOOKS: Shared<u64> = Shared::new();
        static MADE: AtomicU64 = AtomicU64::new(0);
        let ask = || {
            LOOKS.share(async || {
                let number = MADE.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                number
            })
        };
        let mut asking = JoinSet::new();
        for _ in 0..20 {
            asking.spawn(ask());
        }
        let mut seen = asking.join_all().await;
        seen.sort_unstable();
        // The first began before the others asked.
        assert_eq!(seen, [&[1][..], &[2; 19]].concat());
        assert_eq!(ask().await, 3);
    }
}
