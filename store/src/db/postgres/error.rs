//! What PostgreSQL's errors mean.

use std::io;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::SqlState;

use crate::db::{Db, Error, Kind};

/// The connection could not be had.
pub(super) fn of_pool(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            meaning(error)
        }
        other => Error::Unavailable(other.to_string()),
    }
}

/// The meaning within a unit, which may be run again where it only lost a race.
pub(super) fn noting_race(db: &Db, error: tokio_postgres::Error) -> Error {
    let lost = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
    match error.code() {
        Some(code) if lost.contains(code) => db.note_lost_race(),
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION) if db.kind() == Kind::Read => {
            return Error::Bug("a write in get or read, which only read".into());
        }
        _ => {}
    }
    meaning(error)
}

pub(super) fn meaning(error: tokio_postgres::Error) -> Error {
    let Some(cause) = error.as_db_error() else {
        let source = std::error::Error::source(&error);
        let text = source.map_or_else(|| error.to_string(), |it| format!("{error}: {it}"));
        // A certificate that is refused is invalid data, and stays so.
        let passes = |it: &io::Error| it.kind() != io::ErrorKind::InvalidData;
        let may_pass = source.and_then(|it| it.downcast_ref()).is_some_and(passes);
        return match may_pass || error.is_closed() {
            true => Error::Unavailable(text),
            false => Error::Corrupt(text),
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
        // No such database yet; a server that only follows another, for now.
        "3D000" | "25006" => Error::Unavailable(text),
        // Connection, lost races, resources, locks, the operator, the system beneath.
        code if ["08", "40", "53", "55", "57", "58"].iter().any(|it| code.starts_with(it)) => {
            Error::Unavailable(text)
        }
        _ => Error::Corrupt(text),
    }
}
