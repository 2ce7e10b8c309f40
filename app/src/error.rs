//! The two ways a use case does not succeed: it refuses, or something is broken.
//!
//! A refusal is an answer. What is broken is logged once, at the edge (`web/src/problem.rs`), and its
//! text never leaves; the correlation id in the answer finds the line. What is not found is `Ok(None)`
//! in store and a refusal here.

use std::fmt;

use domain::{Code, Problem, problem::FieldErrors};
use outside::{cache::CacheError, mail::MailError};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum Error {
    /// A refusal: the client gets the problem, and operators need not act.
    Refused(Box<Problem>),
    /// A failure. It is logged once, at the edge; its text is never sent to clients.
    Broken(Cause),
}

/// The cause of a failure, for the log.
#[derive(Debug)]
pub struct Cause {
    text: String,
    /// It is temporary: 503 instead of 500.
    is_passing: bool,
    /// The constraint that a row violated.
    conflict: Option<String>,
}

impl Cause {
    /// Whether this constraint was violated.
    pub fn is_conflict(&self, constraint: &str) -> bool {
        self.conflict.as_deref() == Some(constraint)
    }
}

impl Error {
    pub fn broken(text: impl fmt::Display) -> Error {
        Error::Broken(Cause { text: text.to_string(), is_passing: false, conflict: None })
    }

    /// A temporary failure.
    pub fn away(text: impl fmt::Display) -> Error {
        Error::Broken(Cause { text: text.to_string(), is_passing: true, conflict: None })
    }

    /// The problem for the client.
    pub fn problem(&self) -> Problem {
        match self {
            Error::Refused(problem) => Problem::clone(problem),
            Error::Broken(cause) if cause.is_passing => {
                Problem::from(Code::Unavailable).retry_after(RETRY_AFTER)
            }
            Error::Broken(_) => Code::Internal.into(),
        }
    }

    /// The cause for the operator.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Error::Refused(_) => None,
            Error::Broken(cause) => Some(cause),
        }
    }
}

/// `Retry-After` of a temporary failure.
const RETRY_AFTER: domain::Span = domain::Span::seconds(2);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(problem) => f.write_str(problem.detail()),
            Error::Broken(cause) => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Error {
        Error::Refused(Box::new(problem))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Error {
        Problem::from(code).into()
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Error {
        Problem::from(errors).into()
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match &error {
            store::Error::Unavailable(_) => Error::away(&error),
            store::Error::Conflict(constraint) => {
                let (text, conflict) = (error.to_string(), Some(constraint.clone()));
                Error::Broken(Cause { text, is_passing: false, conflict })
            }
            _ => Error::broken(&error),
        }
    }
}

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting is invalid.
    #[error("{0}")]
    Settings(String),
    /// The database cannot be reached.
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0}")]
    Cache(#[from] CacheError),
    #[error("{0}")]
    Mail(#[from] MailError),
    #[error(transparent)]
    Other(#[from] Error),
}
