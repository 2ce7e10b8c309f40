//! Progress on standard error, so that standard output has only the tables.

use std::io::{IsTerminal as _, Write as _};

/// A line about a step.
pub fn say(text: impl std::fmt::Display) {
    // An error is ignored: only progress is lost.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A count that goes up.
pub struct Progress {
    what: &'static str,
    total: usize,
    shows: bool,
}

impl Progress {
    pub fn begin(what: &'static str, total: usize) -> Progress {
        let progress = Progress { what, total, shows: std::io::stderr().is_terminal() };
        if !progress.shows {
            say(format_args!("  {total} {what}"));
        }
        progress
    }

    pub fn at(&self, done: usize) {
        if self.shows {
            let done = done.min(self.total);
            let _ = write!(std::io::stderr(), "\r  {done} of {} {}", self.total, self.what);
        }
    }

    pub fn end(self) {
        if self.shows {
            say("");
        }
    }
}
