//! The clock. It is read once per request, and the time is passed down.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use domain::{Span, Time};

/// The source of the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The operating system's clock.
    #[default]
    System,
    /// A clock that tests move.
    Manual(Arc<Hands>),
}

/// The state of a manual clock.
#[derive(Debug)]
pub struct Hands {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub now: Time,
    pub monotonic: Span,
}

impl Clock {
    pub fn manual(start: Time) -> Clock {
        let hands = Hands { wall: AtomicI64::new(start.0), monotonic: AtomicI64::new(0) };
        Clock::Manual(Arc::new(hands))
    }

    pub fn now(&self) -> Time {
        match self {
            Clock::System => system(),
            Clock::Manual(hands) => Time(hands.wall.load(Ordering::Acquire)),
        }
    }

    /// Monotonic time since an arbitrary start; unaffected by changes of the clock.
    pub(crate) fn monotonic(&self) -> Span {
        match self {
            Clock::System => monotonic(),
            Clock::Manual(hands) => Span::from_micros(hands.monotonic.load(Ordering::Acquire)),
        }
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading { now: self.now(), monotonic: self.monotonic() }
    }

    /// Whether the clocks of other machines should show the same time.
    pub(crate) fn is_system(&self) -> bool {
        matches!(self, Clock::System)
    }

    /// Moves a manual clock forward. Does nothing to the system clock.
    pub fn pass(&self, span: Span) {
        if let Clock::Manual(hands) = self {
            hands.monotonic.fetch_add(span.micros(), Ordering::AcqRel);
            hands.wall.fetch_add(span.micros(), Ordering::AcqRel);
        }
    }

    /// Sets a manual clock back.
    pub fn step_back(&self, span: Span) {
        if let Clock::Manual(hands) = self {
            hands.wall.fetch_sub(span.micros(), Ordering::AcqRel);
        }
    }
}

impl Reading {
    /// How far the wall clock has fallen behind the monotonic one since this reading.
    pub fn behind(&self, later: Reading) -> Span {
        (self.now + later.monotonic.beyond(self.monotonic)).since(later.now)
    }
}

fn system() -> Time {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

fn monotonic() -> Span {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Span::from_micros(i64::try_from(START.elapsed().as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_back_is_told_from_time_that_passes() {
        let clock = Clock::manual(Time::from_seconds(1_000_000));
        let before = clock.reading();
        let behind = || before.behind(clock.reading());
        assert_eq!(behind(), Span::ZERO);
        clock.pass(Span::hours(1));
        assert_eq!(behind(), Span::ZERO);
        clock.step_back(Span::minutes(20));
        assert_eq!(behind(), Span::minutes(20));
        clock.pass(Span::hours(5));
        assert_eq!(behind(), Span::minutes(20));
        // Back beyond its start.
        clock.step_back(Span::days(1));
        assert_eq!(behind(), Span::minutes(24 * 60 + 20));
    }

    #[test]
    fn the_system_s_clock_is_not_behind() {
        let before = Clock::System.reading();
        assert!(before.behind(Clock::System.reading()) < Span::seconds(1));
    }
}
