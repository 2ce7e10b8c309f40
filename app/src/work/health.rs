//! How the server is.

use std::sync::atomic::{AtomicU64, Ordering};

use store::jobs::Backlog;
use tokio::sync::Mutex;

use crate::App;

/// What a health check sees.
#[derive(Debug, Clone)]
pub struct Health {
    pub database: bool,
    pub cache: bool,
    /// How much there is to do; `None` where the database could not say.
    pub queue: Option<Backlog>,
}

/// Looks that are shared: whoever asks gets one that began after they asked, and no two are under
/// way at once, however many strangers ask.
#[derive(Debug)]
pub(crate) struct Looks<T> {
    begun: AtomicU64,
    /// With its number.
    last: Mutex<Option<(u64, T)>>,
}

impl<T: Clone> Looks<T> {
    pub const fn new() -> Looks<T> {
        Looks { begun: AtomicU64::new(0), last: Mutex::const_new(None) }
    }

    async fn share(&self, look: impl AsyncFnOnce() -> T) -> T {
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

/// Asks the database and the cache, each for two seconds at most.
pub async fn look(app: &App) -> Health {
    app.looks.share(async || ask(app).await).await
}

async fn ask(app: &App) -> Health {
    let database = app.store.ping().await.is_ok();
    let queue = match database {
        true => app.store.get(async |db| store::jobs::backlog(&db).await).await.ok(),
        false => None,
    };
    Health { database, cache: app.cache.ping().await.is_ok(), queue }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn twenty_who_ask_at_once_share_two_looks() {
        static LOOKS: Looks<u64> = Looks::new();
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
