//! Progress of long operations: a bar on standard error, and no output if that is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar moves while nothing is counted.
const TICK: Duration = Duration::from_millis(120);

/// A bar that vanishes with its work.
pub struct Progress(ProgressBar);

impl Progress {
    /// An operation of unknown length.
    pub fn spinning(what: String) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_message(what);
        bar.enable_steady_tick(TICK);
        Progress(bar)
    }

    /// An operation of this number of steps.
    pub fn counting(what: String, length: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        // An invalid template only means that no bar is drawn.
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
