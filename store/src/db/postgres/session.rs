//! The parameters of a session, and how they are set for a unit.
//!
//! Where a connection is a session of its own, they are set once. A pooler in transaction mode
//! gives each transaction another session, and gives ours to other clients: there they are set
//! within the transaction, and end with it, so a single statement is a transaction too. Nor are there
//! statements that another session has prepared, so none is prepared by name.
//!
//! Nothing else may rely on a session: no `SET`, no `LISTEN`, no temporary tables, and only advisory
//! locks that end with the transaction.
//!
//! They are never options of the start-up message, which PgBouncer refuses.

use std::{sync::Arc, time::Duration};

use domain::settings::Database;

use crate::db::Kind;

/// What a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Mode {
    /// One server session, for as long as the connection lasts.
    Session,
    /// Any session, for one transaction.
    Transaction,
}

/// After how long the server ends a statement, and a transaction that is idle.
pub(super) struct Timeouts {
    statement: u128,
}

/// How units begin.
pub(super) struct Openings {
    single: Option<Arc<str>>,
    read: Arc<str>,
    write: Arc<str>,
}

impl Timeouts {
    pub fn of(settings: &Database) -> Timeouts {
        let limit: Duration = settings.statement_timeout.duration();
        Timeouts { statement: limit.as_millis().clamp(1, 1_000_000_000) }
    }

    pub fn session(&self) -> String {
        self.statements("SET")
    }

    fn statements(&self, set: &str) -> String {
        let (statement, idle) = (self.statement, self.statement + self.statement / 2);
        format!(
            "{set} statement_timeout = {statement};
             {set} idle_in_transaction_session_timeout = {idle};
             {set} TIME ZONE 'UTC'"
        )
    }
}

impl Openings {
    pub fn new(mode: Mode, timeouts: &Timeouts) -> Openings {
        let begin = |text: &str| match mode {
            Mode::Session => text.into(),
            Mode::Transaction => format!("{text}; {}", timeouts.statements("SET LOCAL")).into(),
        };
        Openings {
            single: (mode == Mode::Transaction).then(|| begin("BEGIN")),
            read: begin("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            write: begin("BEGIN"),
        }
    }

    /// How a unit of this kind begins. `None`: its statement needs no transaction.
    pub fn of(&self, kind: Kind) -> Option<Arc<str>> {
        match kind {
            Kind::Get | Kind::Put => self.single.clone(),
            Kind::Read => Some(self.read.clone()),
            Kind::Write => Some(self.write.clone()),
        }
    }
}
