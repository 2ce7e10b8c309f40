//! Opens a SQLite file: its path, permissions and settings.
//!
//! The file, and the logs that SQLite keeps beside it, can be read only by the user the program
//! runs as, and a folder made for it is closed to others.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, set_permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{Deadline, Held, Shared, meaning};
use crate::db::{Error, Result};

/// How long a writer waits for another process that holds the database, such as the CLI, unless the
/// limit of a statement is shorter.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const CACHED_STATEMENTS: usize = 256;
/// The page cache of a connection, in KiB. The operating system caches the file as well.
const WRITER_CACHE: u32 = 64 * 1024;
const READER_CACHE: u32 = 4 * 1024;
/// Older versions have a bug that can corrupt a WAL database.
const OLDEST_SAFE_VERSION: i32 = 3_051_003;
/// The number of SQLite steps between two checks of the deadline: far below 1 ms.
const STEPS: i32 = 5_000;

/// The path in `sqlite:path` or `sqlite://path`.
pub(in crate::db) fn path_of(url: &str) -> Result<&Path> {
    let path = url.strip_prefix("sqlite:").unwrap_or(url);
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains([':', '?']) {
        let what = "database.url does not name a file, as sqlite://path/to/file.db does".into();
        return Err(Error::Unsuitable { what, remedy: "name a file, without parameters" });
    }
    Ok(Path::new(path))
}

/// Opens the connection that writes. Creates the file if there is none.
pub(in crate::db) fn open_writer(path: &Path, limit: Duration) -> Result<Shared> {
    if rusqlite::version_number() < OLDEST_SAFE_VERSION {
        return Err(Error::Corrupt(format!("SQLite {} is too old", rusqlite::version())));
    }
    make_file(path).map_err(|error| unavailable(path, &error))?;
    let shared = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, WRITER_CACHE, limit)?;
    let journal = |it: &Connection| {
        it.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))
            .map_err(|error| meaning(it, error))
    };
    match shared.own(journal)?.as_str() {
        "wal" => Ok(shared),
        other => Err(unavailable(path, &format!("its journal is {other} and cannot be WAL"))),
    }
}

/// Opens a connection that can only read. The writer comes first, as it creates the file.
pub(in crate::db) fn open_reader(path: &Path, limit: Duration) -> Result<Shared> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, READER_CACHE, limit)
}

/// SQLite gives its logs the mode of the file.
fn make_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Locks a file for the one server of a database. It is a file beside the database: closing a file
/// that SQLite has open would release SQLite's own locks.
pub(in crate::db) fn claim(path: &Path) -> Result<File> {
    // The same for every path to the file.
    let real = path.canonicalize().map_err(|error| unavailable(path, &error))?;
    let mut name = real.into_os_string();
    name.push("-server");
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(name);
    let file = file.map_err(|error| unavailable(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(unavailable(path, &"another server uses this file")),
        Err(TryLockError::Error(error)) => Err(unavailable(path, &error)),
    }
}

fn open(path: &Path, flags: OpenFlags, cache: u32, limit: Duration) -> Result<Shared> {
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| unavailable(path, &error))?;
    let deadline = Deadline::new(limit);
    let asked = deadline.clone();
    let prepare = |it: &mut Connection| {
        it.busy_timeout(BUSY_TIMEOUT.min(limit))?;
        // Plans must not depend on bound values, or each `LIMIT $1` would be planned anew.
        it.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        it.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        it.progress_handler(STEPS, Some(move || asked.is_over()))?;
        it.pragma_update(None, "cache_size", -i64::from(cache))?;
        it.execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;",
        )
    };
    prepare(&mut connection).map_err(|error| meaning(&connection, error))?;
    let trouble = Arc::new(AtomicBool::new(false));
    Ok(Shared(Arc::new(Held { connection: Mutex::new(connection), deadline, trouble })))
}

fn unavailable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Unavailable(format!("{}: {error}", path.display()))
}
