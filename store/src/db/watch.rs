//! Measurements of units of work: how many statements ran, and which units were slow.
//!
//! No bound value gets here: only the texts of statements, which are the program's own.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Kind, STATEMENTS};

/// How much of an unregistered statement is logged.
const SHOWN: usize = 60;

/// The totals of one store.
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

/// One unit of work from its request on. It ends when the last holder drops it, the caller or the
/// unit.
pub(super) struct Watch {
    pub kind: Kind,
    meter: Arc<Meter>,
    asked: Instant,
    /// When it started to run.
    began: OnceLock<Instant>,
    /// The text of its first statement, which identifies it.
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

/// Where a statement is defined, or else how it begins.
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
