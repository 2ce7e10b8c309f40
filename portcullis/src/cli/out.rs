//! Standard output and standard error, the one place that writes to them.

use std::{
    fmt,
    io::{self, Write as _},
};

/// Prints a line to standard output. A closed pipe (`| head`) is not an error.
pub fn line(text: impl fmt::Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// A question on standard error, without a line break after it.
pub fn question(text: &str) -> io::Result<()> {
    let mut out = io::stderr().lock();
    write!(out, "{text}")?;
    out.flush()
}

/// Prints a line to standard error. If even that is closed, the error is ignored.
pub fn error_line(text: impl fmt::Display) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
