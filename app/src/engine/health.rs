//! The result of a health check, and how concurrent requests share one.

use std::sync::atomic::{AtomicU64, Ordering};

use store::jobs::Backlog;
use tokio::sync::Mutex;

/// The result of a health check.
#[derive(Debug, Clone)]
pub struct Health {
    pub database: bool,
    pub cache: bool,
    /// The backlog; `None` if the database did not answer.
    pub queue: Option<Backlog>,
}

/// Shared checks: every caller gets one that began after its call, and only one runs at a time,
/// however many strangers call.
#[derive(Debug)]
pub(crate) struct SharedCheck<T> {
    begun: AtomicU64,
    /// The last result, with its number.
    last: Mutex<Option<(u64, T)>>,
}

impl<T: Clone> SharedCheck<T> {
    pub const fn new() -> SharedCheck<T> {
        SharedCheck { begun: AtomicU64::new(0), last: Mutex::const_new(None) }
    }

    pub async fn run(&self, check: impl AsyncFnOnce() -> T) -> T {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if let Some((_, result)) = last.as_ref().filter(|(number, _)| *number > asked) {
            return result.clone();
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let result = check().await;
        *last = Some((number, result.clone()));
        result
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn twenty_who_ask_at_once_share_two_checks() {
        static CHECKS: SharedCheck<u64> = SharedCheck::new();
        static MADE: AtomicU64 = AtomicU64::new(0);
        let ask = || {
            CHECKS.run(async || {
                let number = MADE.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                number
            })
        };
        let mut asking = JoinSet::new();
        for _ in 0..20 {
            asking.spawn(ask());
        }
        let mut result = asking.join_all().await;
        result.sort_unstable();
        // The first began before the others asked.
        assert_eq!(result, [&[1][..], &[2; 19]].concat());
        assert_eq!(ask().await, 3);
    }
}
