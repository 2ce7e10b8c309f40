//! How far long work has come: a bar on standard error, and nothing at all where that is no
//! terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar moves while nothing is counted.
const TICK: Duration = Duration::from_millis(120);

/// A bar that vanishes with its work.
pub struct Progress(ProgressBar);

impl Progress {
    /// Work whose length is not known.
    pub fn spinning(what: String) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Progress(bar)
    }

    /// Work of so many pieces.
    pub fn counting(what: String, length: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        // A wrong template would only be one that is not drawn.
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Progress(bar)
    }

    pub fn advance(&self, pieces: u64) {
        self.0.inc(pieces);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
