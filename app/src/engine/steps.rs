//! The state of the clock check.

use domain::Span;
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::Reading;

/// The state of the last clock check.
pub(crate) struct Steps(Mutex<StepState>);

pub(crate) struct StepState {
    pub seen: Reading,
    /// When it last stepped back, by the monotonic clock, until times were pulled back again.
    pub stepped: Option<Span>,
    /// The reason why nothing is pulled back has been logged.
    pub is_logged: bool,
}

impl Steps {
    pub fn new(seen: Reading) -> Steps {
        Steps(Mutex::new(StepState { seen, stepped: None, is_logged: false }))
    }

    pub async fn lock(&self) -> MutexGuard<'_, StepState> {
        self.0.lock().await
    }
}
