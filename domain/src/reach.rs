//! How far ahead of the clock a stored time may be. One that is further ahead was written before
//! the clock stepped back, and would last longer than intended.

use crate::{Span, Time};

/// How far apart the clocks of nodes may be.
pub const SKEW: Span = Span::seconds(30);

/// How far ahead of this clock another node's clock may be. What is stored further ahead is pulled
/// back.
pub const TOLERANCE: Span = Span::minutes(5);

/// The bound of times of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// No time can be later than this.
    pub latest: Time,
    /// What a later time is set to.
    pub instead: Time,
}

impl Reach {
    /// Of expiry times, which are set `span` ahead.
    pub fn ahead(now: Time, span: Span) -> Reach {
        Reach { latest: now + TOLERANCE + span, instead: now + span }
    }

    /// Of times of past events.
    pub fn past(now: Time) -> Reach {
        Reach::ahead(now, Span::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_node_wrote_is_possible() {
        let (now, hour) = (Time::from_seconds(1_000_000), Span::hours(1));
        let theirs = now + TOLERANCE;
        assert!(theirs + hour <= Reach::ahead(now, hour).latest);
        assert!(theirs <= Reach::past(now).latest);
        // What is pulled back is not pulled back again.
        assert!(Reach::ahead(now, hour).instead <= Reach::ahead(now, hour).latest);
    }
}
