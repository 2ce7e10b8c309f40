//! Maps PostgreSQL's errors.

use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::{DbError, SqlState};

use super::connect::SILENT;
use crate::db::Error;

pub(super) const ONLY_READS: &str = "the server is read-only (transaction_read_only is on)";

/// Maps an error of getting a connection.
pub(super) fn of_pool(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            meaning(error)
        }
        PoolError::PostCreateHook(HookError::Message(text)) => Error::Unavailable(text.into()),
        other => Error::Unavailable(other.to_string()),
    }
}

/// What an error means for the connection and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The statement failed, and would fail again.
    Statement,
    /// A serialization failure or a deadlock.
    LostRace,
    /// The server is read-only: it is not the primary any more, or not yet.
    OnlyReads,
    /// The connection cannot be reused.
    Connection,
}

pub(super) fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(code) = error.code() else {
        let source = std::error::Error::source(error);
        let is_io = source.is_some_and(|it| it.is::<io::Error>());
        // The protocol is out of step.
        let is_lost = ["unexpected message from server", "error parsing response from server"]
            .contains(&error.to_string().as_str());
        return match error.is_closed() || is_io || is_lost {
            true => Fault::Connection,
            false => Fault::Statement,
        };
    };
    match code.code() {
        "40001" | "40P01" => Fault::LostRace,
        "25006" => Fault::OnlyReads,
        // First statements that were prepared in another session, then the end of the session
        // itself.
        "26000" | "42P05" => Fault::Connection,
        "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => Fault::Connection,
        code if code.starts_with("08") => Fault::Connection,
        _ => Fault::Statement,
    }
}

/// The server refuses further connections, to us or to everybody.
pub(super) fn is_full(error: &PoolError) -> bool {
    if matches!(error, PoolError::PostCreateHook(HookError::Message(text)) if text == SILENT) {
        return true;
    }
    let (PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))) = error
    else {
        return false;
    };
    // PgBouncer, which has one code for all its errors.
    let is_pooler = |it: &DbError| it.message().starts_with("no more connections allowed");
    error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS)
        || error.as_db_error().is_some_and(is_pooler)
}

/// What to do if the role lacks privileges.
pub(in crate::db) const RIGHTS: &str = "make the role the owner of the database, or grant it \
     USAGE and CREATE on the schema and SELECT, INSERT, UPDATE and DELETE on its tables";

pub(super) fn meaning(error: tokio_postgres::Error) -> Error {
    let Some(cause) = error.as_db_error() else {
        let source = std::error::Error::source(&error);
        let text = source.map_or_else(|| error.to_string(), |it| format!("{error}: {it}"));
        // A refused certificate is invalid data, and a retry does not help.
        let passes = |it: &io::Error| it.kind() != io::ErrorKind::InvalidData;
        let may_pass = source.and_then(|it| it.downcast_ref()).is_some_and(passes);
        if may_pass || error.is_closed() {
            return Error::Unavailable(text);
        }
        let remedy = match text.split(':').next() {
            Some("error performing TLS handshake") => {
                "look at sslmode in database.url, and at database.ca_file (or sslrootcert) for the \
                 authority that issued the server's certificate"
            }
            Some(
                "invalid configuration" | "invalid connection string" | "authentication error",
            ) => "look at user, password and the other parts of database.url (DATABASE_URL)",
            _ => return Error::Corrupt(text),
        };
        return Error::Unsuitable {
            what: format!("the database cannot be reached: {text}"),
            remedy,
        };
    };
    let text = format!("{} ({})", cause.message(), cause.code().code());
    match cause.code().code() {
        "23503" => Error::Conflict("foreign key".into()),
        "23502" => {
            let (table, column) = (cause.table(), cause.column());
            Error::Conflict(format!("{}.{}", table.unwrap_or("?"), column.unwrap_or("?")))
        }
        code if code.starts_with("23") => {
            Error::Conflict(cause.constraint().unwrap_or(cause.message()).into())
        }
        "28000" | "28P01" => Error::Unsuitable {
            what: format!("the database refused the login: {text}"),
            remedy: "look at user and password in database.url (DATABASE_URL), and at pg_hba.conf",
        },
        "42501" => {
            Error::Unsuitable { what: format!("the role lacks privileges: {text}"), remedy: RIGHTS }
        }
        // PgBouncer, which has one code for all its errors.
        "08P01" if cause.message().starts_with("transaction blocks not allowed") => {
            Error::Unsuitable {
                what: format!("the pooler allows no transactions: {text}"),
                remedy: "set pool_mode = transaction, or session, in PgBouncer",
            }
        }
        // No such database yet; a server that is a standby, for now.
        "3D000" | "25006" => Error::Unavailable(text),
        // Connections, lost races, resources, locks, operator intervention, system errors.
        code if ["08", "40", "53", "55", "57", "58"].iter().any(|it| code.starts_with(it)) => {
            Error::Unavailable(text)
        }
        _ => Error::Corrupt(text),
    }
}
