//! How a command fails: an exit status that scripts can use, and lines for people.

use std::{fmt, io, process::ExitCode};

use domain::{Code, problem::FieldError};

use super::out;
use crate::config::{Loaded, Mistake, check::Finding};

/// The exit statuses beside 0, and 2 for a wrong command line. 69 and 78 are those of `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The operation failed, or a check found something.
    Failed = 1,
    /// The database is not reachable.
    Unavailable = 69,
    /// The configuration is wrong.
    Config = 78,
    /// Stopped by a second signal.
    Interrupted = 130,
}

/// Why a command failed.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    what: String,
    hint: Option<String>,
}

impl Failure {
    pub fn new(exit: Exit, what: impl fmt::Display) -> Failure {
        Failure { exit, lines: vec![Line { what: what.to_string(), hint: None }] }
    }

    /// What to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        if let Some(line) = self.lines.last_mut() {
            line.hint = Some(hint.into());
        }
        self
    }

    /// Settings with which the server refuses to start.
    pub fn findings(findings: &[Finding], loaded: &Loaded) -> Failure {
        let line = |it: &Finding| {
            let what = match loaded.source(it.name) {
                Some(source) => format!("{it} ({source})"),
                None => it.to_string(),
            };
            Line { what, hint: Some(it.remedy.clone()) }
        };
        Failure { exit: Exit::Config, lines: findings.iter().map(line).collect() }
    }

    /// Prints it to standard error.
    pub fn report(&self) -> ExitCode {
        for line in &self.lines {
            out::error_line(format_args!("error: {}", line.what));
            if let Some(hint) = &line.hint {
                out::error_line(format_args!("hint: {hint}"));
            }
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<Vec<Mistake>> for Failure {
    fn from(mistakes: Vec<Mistake>) -> Failure {
        let line = |it: Mistake| Line { what: it.to_string(), hint: it.hint };
        Failure { exit: Exit::Config, lines: mistakes.into_iter().map(line).collect() }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::new(Exit::Failed, error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Failure {
        match error {
            store::Error::Unavailable(_) => Failure::new(Exit::Unavailable, error)
                .hint("check database.url (DATABASE_URL), and that the database runs"),
            store::Error::Unsuitable { what, remedy } => {
                Failure::new(Exit::Config, what).hint(remedy)
            }
            _ => Failure::new(Exit::Failed, error),
        }
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Failure {
        let problem = error.problem();
        match &error {
            app::Error::Refused(_) if !problem.errors.is_empty() => {
                let mut lines = Vec::new();
                for (field, errors) in problem.errors.iter() {
                    let line = |it: &FieldError| format!("{field}: {}", it.message);
                    lines.extend(errors.iter().map(|it| Line { what: line(it), hint: None }));
                }
                Failure { exit: Exit::Failed, lines }
            }
            _ if problem.code == Code::Unavailable => Failure::new(Exit::Unavailable, error),
            _ => Failure::new(Exit::Failed, error),
        }
    }
}

impl From<app::OpenError> for Failure {
    fn from(error: app::OpenError) -> Failure {
        match error {
            app::OpenError::Store(error) => error.into(),
            app::OpenError::Other(error) => error.into(),
            // The other errors depend on the settings alone.
            error => Failure::new(Exit::Config, error),
        }
    }
}

impl From<crate::StartError> for Failure {
    fn from(error: crate::StartError) -> Failure {
        match error {
            crate::StartError::Open(error) => error.into(),
            error => Failure::new(Exit::Failed, error),
        }
    }
}

impl From<crate::telemetry::TelemetryError> for Failure {
    fn from(error: crate::telemetry::TelemetryError) -> Failure {
        Failure::new(Exit::Config, error)
    }
}
