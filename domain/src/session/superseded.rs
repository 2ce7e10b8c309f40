//! Which generations of a session were superseded a moment ago, and when.
//!
//! A request that was overtaken by others presents a generation that has been replaced more than
//! once. Only the short time that has passed tells it from a thief. The parent's time is
//! `head_made_at`, so only generations before the parent are stored here; mostly there are none.

use crate::{Span, Time, reach::TOLERANCE};

/// A generation and a time, eight bytes each, big-endian.
const ENTRY: usize = 16;

/// Generations before the parent, the oldest first, each with the time at which it was superseded.
/// In the database they are one value of at most 15 entries of 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Superseded(Vec<u8>);

impl Superseded {
    /// `None`: it is not a whole number of entries.
    pub fn from_bytes(bytes: &[u8]) -> Option<Superseded> {
        bytes.len().is_multiple_of(ENTRY).then(|| Superseded(bytes.to_vec()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// When a generation was superseded, as far as that is remembered.
    pub fn at(&self, generation: i64) -> Option<Time> {
        self.entries().find(|it| it.0 == generation).map(|it| it.1)
    }

    /// How many were superseded within the leeway.
    pub fn recent(&self, now: Time, leeway: Span) -> usize {
        self.entries().filter(|it| is_recent(it.1, now, leeway)).count()
    }

    /// The entries that are still needed at `now`, and one generation more.
    pub fn with(&self, generation: i64, at: Time, now: Time, leeway: Span) -> Superseded {
        let entries = self.entries().chain([(generation, at)]);
        let recent = entries.filter(|it| is_recent(it.1, now, leeway));
        let bytes = |(generation, at): (i64, Time)| [generation.to_be_bytes(), at.0.to_be_bytes()];
        Superseded(recent.flat_map(bytes).flatten().collect())
    }

    fn entries(&self) -> impl Iterator<Item = (i64, Time)> {
        let number = |bytes: &[u8; 8]| i64::from_be_bytes(*bytes);
        let entries = self.0.as_chunks::<8>().0.chunks_exact(2);
        entries.filter_map(move |it| match it {
            [generation, at] => Some((number(generation), Time(number(at)))),
            _ => None,
        })
    }
}

/// Whether its leeway is not over. Clocks of nodes differ, so it may be in the future; a time that
/// is further ahead is from before the clock was set back, and long past.
pub(super) fn is_recent(at: Time, now: Time, leeway: Span) -> bool {
    now.since(at) < leeway && at.since(now) <= TOLERANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEEWAY: Span = Span::seconds(10);

    fn at(second: i64) -> Time {
        Time::from_seconds(second)
    }

    #[test]
    fn it_remembers_for_the_leeway_and_no_longer() {
        let first = Superseded::default().with(1, at(100), at(101), LEEWAY);
        let both = first.with(2, at(105), at(106), LEEWAY);
        assert_eq!((both.at(1), both.at(2), both.at(3)), (Some(at(100)), Some(at(105)), None));
        let counts = [109, 110, 114, 115].map(|now| both.recent(at(now), LEEWAY));
        assert_eq!(counts, [2, 1, 1, 0]);
        let later = both.with(3, at(110), at(110), LEEWAY);
        assert_eq!((later.at(1), later.at(2), later.at(3)), (None, Some(at(105)), Some(at(110))));
        assert_eq!(both.with(3, at(110), at(110), Span::ZERO), Superseded::default());
    }

    #[test]
    fn it_is_whole_entries_of_bytes() {
        let kept = Superseded::default().with(7, at(100), at(100), LEEWAY);
        assert_eq!(kept.as_bytes().len(), ENTRY);
        assert_eq!(Superseded::from_bytes(kept.as_bytes()), Some(kept));
        assert_eq!(Superseded::from_bytes(&[]), Some(Superseded::default()));
        assert_eq!(Superseded::from_bytes(&[0; 15]), None);
    }

    #[test]
    fn a_time_is_recent_by_the_clock_of_another_node_and_not_by_that_of_yesterday() {
        assert!(is_recent(at(100), at(109), LEEWAY));
        assert!(!is_recent(at(100), at(110), LEEWAY));
        assert!(is_recent(at(1_000), at(1_000) - TOLERANCE, LEEWAY));
        assert!(!is_recent(at(1_001), at(1_000) - TOLERANCE, LEEWAY));
        assert!(!is_recent(at(100), at(90), Span::ZERO));
    }
}
