//! How many connections may be open: as many as the settings say, and fewer while the server gives
//! no more. What it refuses is asked for again a little later, and nobody fails meanwhile: they wait
//! for one that is open.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::db::{Error, Result, watch::instant};

/// After how long the server is asked again for a connection that it refused.
const AGAIN: Duration = Duration::from_secs(10);

pub(super) struct Room {
    size: usize,
    places: Arc<Semaphore>,
    /// The places that the server has no connection for, by when it said so.
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

    /// Takes a place away, if as many are left as there are connections. `false`: there are none,
    /// or others wait for those.
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
