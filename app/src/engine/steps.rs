//! What is known of steps of the clock.

use domain::Span;
use tokio::sync::{Mutex, MutexGuard};

use crate::clock::Reading;

/// What the clock showed when it was last checked.
pub(crate) struct Steps(Mutex<StepState>);

pub(crate) struct StepState {
    pub seen: Reading,
    /// When it last went back, by the monotonic time, until times have been pulled back once more.
    pub stepped: Option<Span>,
    /// The log has the line that says why nothing is pulled back.
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
