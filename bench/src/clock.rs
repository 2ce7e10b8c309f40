//! The clock that work is measured with.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "measuring is what this program does")]
pub fn instant() -> Instant {
    Instant::now()
}
