//! What the server has to know for a unit, and how it is told.
//!
//! Where a connection is a session of its own, it is told once. A pooler in transaction mode lends
//! each transaction another session, and lends ours to strangers: there everything is said within the
//! transaction, and ends with it. It also knows no statement that another session has prepared, so
//! none gets a name.
//!
//! Never as options of the start-up message, which PgBouncer refuses.

use std::{sync::Arc, time::Duration};

use domain::settings::Database;

use crate::db::Kind;

/// What a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Mode {
    /// A session of the server's, for as long as the connection lasts.
    Session,
    /// Any session, for one transaction.
    Transaction,
}

/// The server ends a statement, and a transaction that does nothing, after these.
pub(super) struct Limits {
    statement: u128,
}

/// How units begin.
pub(super) struct Openings {
    single: Option<Arc<str>>,
    read: Arc<str>,
    write: Arc<str>,
}

impl Limits {
    pub fn of(settings: &Database) -> Limits {
        let limit: Duration = settings.statement_timeout.duration();
        Limits { statement: limit.as_millis().clamp(1, 1_000_000_000) }
    }

    pub fn session(&self) -> String {
        self.told("SET")
    }

    fn told(&self, set: &str) -> String {
        let (statement, idle) = (self.statement, self.statement + self.statement / 2);
        format!(
            "{set} statement_timeout = {statement};
             {set} idle_in_transaction_session_timeout = {idle};
             {set} TIME ZONE 'UTC'"
        )
    }
}

impl Openings {
    pub fn new(mode: Mode, limits: &Limits) -> Openings {
        let begin = |text: &str| match mode {
            Mode::Session => text.into(),
            Mode::Transaction => format!("{text}; {}", limits.told("SET LOCAL")).into(),
        };
        Openings {
            single: (mode == Mode::Transaction).then(|| begin("BEGIN")),
            read: begin("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            write: begin("BEGIN"),
        }
    }

    /// `None`: its statement needs no transaction.
    pub fn of(&self, kind: Kind) -> Option<Arc<str>> {
        match kind {
            Kind::Get | Kind::Put => self.single.clone(),
            Kind::Read => Some(self.read.clone()),
            Kind::Write => Some(self.write.clone()),
        }
    }
}
