//! What is measured about units of work: how many statements ran, and which units were slow.
//!
//! It guarantees that nothing bound to a statement is seen here: only texts of the program's own.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Kind, STATEMENTS};

/// How much of a statement that is not registered goes to the log.
const SHOWN: usize = 60;

/// The sums of one store.
pub(super) struct Meter {
    statements: AtomicU64,
    slow: Duration,
}

impl Meter {
    pub fn new(slow: Duration) -> Arc<Self> {
        Arc::new(Meter { statements: AtomicU64::new(0), slow })
    }

    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}

/// One unit of work from the moment it was asked for. The last to let go of it, the caller or the
/// unit, ends the measurement.
pub(super) struct Watch {
    pub kind: Kind,
    meter: Arc<Meter>,
    asked: Instant,
    /// When it came to its turn.
    began: OnceLock<Instant>,
    /// The text of its first statement, which tells it apart.
    first: OnceLock<&'static str>,
}

impl Watch {
    pub fn start(meter: &Arc<Meter>, kind: Kind) -> Arc<Self> {
        let (began, first) = (OnceLock::new(), OnceLock::new());
        Arc::new(Watch { kind, meter: meter.clone(), asked: instant(), began, first })
    }

    pub fn begin(&self) {
        self.began.get_or_init(instant);
    }

    pub fn count(&self, text: &'static str) {
        self.meter.statements.fetch_add(1, Ordering::Relaxed);
        self.first.get_or_init(|| text);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let took = self.asked.elapsed();
        if took < self.meter.slow {
            return;
        }
        let waited = self.began.get().map_or(took, |began| began.duration_since(self.asked));
        tracing::warn!(
            kind = self.kind.word(),
            first = self.first.get().map(|text| place(text)),
            took_ms = millis(took),
            waited_ms = millis(waited),
            "a slow unit of work",
        );
    }
}

/// Where a statement is written, or how it begins.
fn place(text: &str) -> String {
    match STATEMENTS.iter().find(|it| it.text == text) {
        Some(it) => format!("{}:{}", it.file, it.line),
        None => text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "work is measured here, nothing is decided by it")]
pub(super) fn instant() -> Instant {
    Instant::now()
}
