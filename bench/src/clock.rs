//! The clock that work is measured with.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "measuring is what this program does")]
pub fn instant() -> Instant {
    Instant::now()
}

pub fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
