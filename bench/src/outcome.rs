//! What the benchmark gives up with: an error is a line for the person who started it.

use std::error::Error;

/// What a step of the benchmark gives.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
