//! How many connections may be open: as many as the settings say, and fewer while the server allows
//! no more. A refused one is tried again a little later; until then units wait for those that are
//! open, and none fails.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::{Error, Result, watch::instant};

/// After how long a refused connection is tried again.
const AGAIN: Duration = Duration::from_secs(10);

pub(super) struct Room {
    size: usize,
    places: Arc<Semaphore>,
    /// The places for which the server refused a connection, by when it did.
    withheld: Mutex<Vec<Instant>>,
}

impl Room {
    pub fn new(size: usize) -> Room {
        Room { size, places: Arc::new(Semaphore::new(size)), withheld: Mutex::default() }
    }

    /// Waits for a place.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit> {
        self.restore();
        let place = self.places.clone().acquire_owned().await;
        place.map_err(|_| Error::Unavailable("the database is closed".into()))
    }

    /// Removes a place, provided that there remain as many as there are open connections. `false`:
    /// no connection is open, or the others wait for those.
    pub fn withhold(&self, place: OwnedSemaphorePermit, open: usize) -> bool {
        let mut withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        let is_spare = open > 0 && withheld.len() + open < self.size;
        if is_spare {
            place.forget();
            withheld.push(instant());
        }
        is_spare
    }

    fn restore(&self) {
        let mut withheld = self.withheld.lock().unwrap_or_else(PoisonError::into_inner);
        let before = withheld.len();
        withheld.retain(|since| since.elapsed() < AGAIN);
        self.places.add_permits(before - withheld.len());
    }

    pub fn close(&self) {
        self.places.close();
    }
}
