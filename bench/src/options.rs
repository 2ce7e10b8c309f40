//! What the command line asks for.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Measures Portcullis against its ceilings
///
/// Starts the release server on a fresh database, fills it, and prints a table for each operation,
/// each figure beside its ceiling from the same run. docs/performance.md explains them.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// A smoke run: few users, short, few samples
    #[arg(long)]
    pub quick: bool,
    /// Only this part; may be given several times
    #[arg(long, value_name = "NAME")]
    pub only: Vec<Part>,
    /// How long each measurement takes [default: 5, with --quick 1]
    #[arg(long, value_name = "N")]
    pub seconds: Option<u64>,
    /// How many users there are [default: 100000, with --quick 2000]
    #[arg(long, value_name = "N")]
    pub users: Option<usize>,
    /// Only this database
    #[arg(long, value_name = "NAME")]
    pub database: Option<Backend>,
    /// A PostgreSQL to use instead of a private one; its database `portcullis_bench` is dropped
    /// [default: PORTCULLIS_TEST_DATABASE_URL]
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// Where data goes; it must be on a real disk [default: the system's folder for that]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    #[command(subcommand)]
    pub role: Option<Role>,
}

/// Another process of the same run.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Role {
    /// Serves a ceiling
    #[command(hide = true)]
    Ceiling { kind: Ceiling },
}

/// What the server is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ceiling {
    /// The framework alone.
    Bare,
    /// The layers of the server around one read of a user's row.
    Read,
    /// The layers of the server around one durable update of a row and one signature.
    Update,
}

impl Ceiling {
    pub const fn word(self) -> &'static str {
        match self {
            Ceiling::Bare => "bare",
            Ceiling::Read => "read",
            Ceiling::Update => "update",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const fn title(self) -> &'static str {
        match self {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        }
    }
}

/// A part of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    Health,
    Get,
    Refresh,
    Register,
    Login,
    /// Authenticated GET while logins saturate the cores.
    Busy,
    /// Cold start and memory.
    Start,
    /// Known and unknown users.
    Timing,
}

impl Options {
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub fn wants_database(&self, backend: Backend) -> bool {
        self.database.is_none_or(|it| it == backend)
    }

    pub fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.quick { 1 } else { 5 }).max(1)
    }

    pub fn users(&self) -> usize {
        self.users.unwrap_or(if self.quick { 2_000 } else { 100_000 }).max(1_000)
    }

    /// How many answers each distribution has.
    pub fn samples(&self) -> usize {
        if self.quick { 300 } else { 10_000 }
    }

    pub fn cold_starts(&self) -> usize {
        if self.quick { 3 } else { 11 }
    }
}
