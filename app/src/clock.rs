//! The time, asked for once a request and handed down from there.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{Span, Time};

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The operating system's clock.
    #[default]
    System,
    /// A clock that moves when it is told to.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    pub fn manual(start: Time) -> Clock {
        Clock::Manual(Arc::new(AtomicI64::new(start.0)))
    }

    pub fn now(&self) -> Time {
        match self {
            Clock::System => system(),
            Clock::Manual(micros) => Time(micros.load(Ordering::Acquire)),
        }
    }

    /// Moves a manual clock; the system's goes by itself.
    pub fn pass(&self, span: Span) {
        if let Clock::Manual(micros) = self {
            micros.fetch_add(span.micros(), Ordering::AcqRel);
        }
    }
}

fn system() -> Time {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
