//! Turns: requests that refresh one session go one after another, in the order they came in.
//!
//! Where many calls of a page meet an expired token at once, each refreshes. A request that came
//! first and is overtaken by two that came later would present a token that is twice replaced, and
//! an honest page would be taken for a thief. Across nodes nothing keeps the order.

use std::{sync::Arc, time::Duration};

use domain::SessionId;
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a request waits for those before it.
const LONGEST: Duration = Duration::from_secs(2);

pub struct Turns(Cache<SessionId, Arc<Mutex<()>>>);

impl Turns {
    /// Remembers so many sessions; the least used are forgotten first.
    pub fn new(entries: u64) -> Turns {
        Turns(Cache::new(entries))
    }

    /// Waits for this request's turn, which lasts as long as what is given back. `None`: it has
    /// waited long enough, as strangers who know the session's id can take turns too.
    pub async fn wait(&self, session: SessionId) -> Option<OwnedMutexGuard<()>> {
        let queue = self.0.get_with(session, Arc::default);
        if let Ok(turn) = queue.clone().try_lock_owned() {
            return Some(turn);
        }
        tokio::time::timeout(LONGEST, queue.lock_owned()).await.ok()
    }
}
