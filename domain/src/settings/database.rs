//! `[database]`

use super::section;
use crate::{Secret, Span};

section! {
    /// The database. `DATABASE_URL` works too.
    pub struct Database {
        /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
        /// Empty: `portcullis.db` in `server.data_dir`. `?sslmode=require` asks for TLS.
        pub url: Secret = Secret::default(),
        /// How many connections to PostgreSQL may be open, or threads that read from SQLite
        /// (at most 4 of those).
        pub connections: usize = 16,
        /// A PEM file of the certificate authority of the database, beside those of the web.
        pub ca_file: String = String::new(),
        /// A statement is ended after this long.
        pub statement_timeout: Span = Span::seconds(10),
        /// A unit of work that takes longer is logged.
        pub slow_query: Span = Span::millis(250),
        /// How long to wait for the database at start-up.
        pub startup_timeout: Span = Span::seconds(60),
    }
}
