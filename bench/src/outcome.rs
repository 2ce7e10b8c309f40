//! The error of the benchmark: a line for the person who started it.

use std::error::Error;

/// The result of a step of the benchmark.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;
