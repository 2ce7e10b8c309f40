//! Where a value came from, and what was wrong with it. Neither ever holds the value of a key that
//! takes text, because that may be a secret.

use std::fmt;

/// Where a value came from, in the words of the person who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A default that the profile changes.
    Profile(&'static str),
    /// A configuration file and the line in it.
    File { path: String, line: usize },
    /// An environment variable.
    Variable(String),
    /// An option of the command line.
    Flag(&'static str),
    /// The program itself.
    Program,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Profile(name) => write!(f, "profile {name}"),
            Source::File { path, line: 0 } => f.write_str(path),
            Source::File { path, line } => write!(f, "{path}, line {line}"),
            Source::Variable(name) => f.write_str(name),
            Source::Flag(name) => f.write_str(name),
            Source::Program => f.write_str("portcullis"),
        }
    }
}

/// A value as it was found.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `section.key`
    pub name: String,
    pub value: toml::Value,
    pub source: Source,
}

/// An invalid value or key in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub source: Source,
    /// The key, where the source does not already say it.
    pub name: Option<String>,
    pub what: String,
    pub hint: Option<String>,
}

impl Mistake {
    pub fn new(source: Source, name: impl Into<Option<String>>, what: impl Into<String>) -> Self {
        Mistake { source, name: name.into(), what: what.into(), hint: None }
    }

    pub fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Mistake { hint: hint.into(), ..self }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}: {name}: {}", self.source, self.what),
            None => write!(f, "{}: {}", self.source, self.what),
        }
    }
}
