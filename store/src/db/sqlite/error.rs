//! Maps SQLite's errors, with the constraint names that PostgreSQL would give.

use rusqlite::{Connection, MAIN_DB};

use crate::db::Error;

pub(super) fn meaning(connection: &Connection, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let (failure, message) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => (failure, message),
        rusqlite::Error::InvalidParameterCount(..) => return Error::Bug(error.to_string()),
        _ => return Error::Corrupt(error.to_string()),
    };
    match failure.code {
        Code::ConstraintViolation => {
            Error::Conflict(constraint(connection, message.as_deref().unwrap_or_default()))
        }
        // Otherwise the file itself is not writable.
        Code::ReadOnly if connection.is_readonly(MAIN_DB).unwrap_or(false) => {
            Error::Bug("a write in get or read, which only read".into())
        }
        Code::OperationInterrupted => Error::Unavailable("the statement takes too long".into()),
        Code::DatabaseBusy
        | Code::DatabaseLocked
        | Code::DiskFull
        | Code::SystemIoFailure
        | Code::CannotOpen
        | Code::ReadOnly
        | Code::OutOfMemory => Error::Unavailable(error.to_string()),
        _ => Error::Corrupt(error.to_string()),
    }
}

/// The name PostgreSQL would give, from a message such as `UNIQUE constraint failed: users.email`.
fn constraint(connection: &Connection, message: &str) -> String {
    let Some((kind, subject)) = message.split_once(" constraint failed: ") else {
        return "foreign key".into();
    };
    match kind {
        "UNIQUE" => unique_constraint(connection, subject).unwrap_or_else(|| subject.into()),
        _ => subject.into(),
    }
}

/// `users.email` to `users_email` where an index has that name, else `users_email_key` or
/// `users_pkey`, as PostgreSQL names what has none.
fn unique_constraint(connection: &Connection, columns: &str) -> Option<String> {
    let table = columns.split_once('.')?.0;
    let columns: Vec<&str> =
        columns.split(", ").filter_map(|it| Some(it.split_once('.')?.1)).collect();
    let mut statement = connection
        .prepare_cached(
            "SELECT name, origin, (SELECT group_concat(name, '_') FROM pragma_index_info(list.name))
             FROM pragma_index_list(?1) AS list WHERE \"unique\"",
        )
        .ok()?;
    let mut rows = statement.query([table]).ok()?;
    while let Ok(Some(row)) = rows.next() {
        let (name, origin, of): (String, String, String) =
            (row.get(0).ok()?, row.get(1).ok()?, row.get(2).ok()?);
        if of == columns.join("_") {
            return Some(match origin.as_str() {
                "pk" => format!("{table}_pkey"),
                "u" => format!("{table}_{of}_key"),
                _ => name,
            });
        }
    }
    None
}
