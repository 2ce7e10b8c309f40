//! `[database]`

use serde::{Deserialize, Serialize};

use super::section;
use crate::{Secret, Span};

section! {
    /// The database. `DATABASE_URL` works too.
    pub struct Database {
        /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
        /// Empty: `portcullis.db` in `server.data_dir`. `?sslmode=verify-full` asks for TLS and
        /// checks the certificate.
        pub url: Secret = Secret::default(),
        /// How many connections to PostgreSQL may be open, or threads that read from SQLite
        /// (at most 4 of those).
        pub connections: usize = 16,
        /// How old a connection to PostgreSQL becomes before another takes its place.
        pub connection_lifetime: Span = Span::minutes(30),
        /// What connections to PostgreSQL lead to: `session` is the server itself, or PgBouncer in
        /// session mode; `transaction` is PgBouncer in transaction mode, for which no statement is
        /// prepared by name; `auto` finds out at the start.
        pub pool_mode: PoolMode = PoolMode::Auto,
        /// A PEM file of the certificate authority of the database, which is then the only one that
        /// is trusted. `sslrootcert` in the URL says the same.
        pub ca_file: String = String::new(),
        /// A statement is ended after this long.
        pub statement_timeout: Span = Span::seconds(10),
        /// A unit of work that takes longer is logged.
        pub slow_query: Span = Span::millis(250),
        /// How long to wait for the database at start-up.
        pub startup_timeout: Span = Span::seconds(60),
    }
}

/// In PgBouncer's words: for how long a client keeps a connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    Auto,
    Session,
    Transaction,
}
