//! How far ahead of the clock a stored time can lie. One that lies further was written before the
//! clock stepped back, and would hold for longer than what it is about is meant to last.

use crate::{Span, Time};

/// How far apart the clocks of nodes may be.
pub const SKEW: Span = Span::seconds(30);

/// How far ahead of this clock another one may have been before what it wrote is taken for impossible.
pub const TOLERANCE: Span = Span::minutes(5);

/// The reach of times of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// None can be later than this.
    pub latest: Time,
    /// What one becomes that is.
    pub instead: Time,
}

impl Reach {
    /// Of ends that are set `span` ahead.
    pub fn ahead(now: Time, span: Span) -> Reach {
        Reach { latest: now + TOLERANCE + span, instead: now + span }
    }

    /// Of what has happened.
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
