//! When a failed job is tried again.

use crate::{Span, Time, settings::Jobs};

/// When to retry after the `failures`th failure: `backoff · 2ⁿ⁻¹`, plus up to a tenth of that so
/// that jobs that failed together are not retried together. `None`: no retry is left, and the job
/// becomes a dead letter. `jitter` is random.
pub fn retry_at(failures: u32, now: Time, jitter: u8, settings: &Jobs) -> Option<Time> {
    if failures > settings.retries {
        return None;
    }
    let doubled = 1_i64.checked_shl(failures.saturating_sub(1).min(32)).unwrap_or(i64::MAX);
    let wait = settings.backoff.micros().saturating_mul(doubled);
    let extra = (wait / 10).saturating_mul(i64::from(jitter)) / 255;
    Some(now + Span::from_micros(wait.saturating_add(extra)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_until_the_letter_is_dead() {
        let settings = Jobs { retries: 3, backoff: Span::seconds(60), ..Jobs::default() };
        let now = Time::from_seconds(0);
        let seconds = |failures| retry_at(failures, now, 0, &settings).map(Time::seconds);
        assert_eq!([1, 2, 3, 4].map(seconds), [Some(60), Some(120), Some(240), None]);
        assert_eq!(retry_at(1, now, 255, &settings), Some(Time::from_seconds(66)));
    }
}
