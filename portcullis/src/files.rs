//! The limit of open files. Each connection needs one, so `server.max_connections` can be reached
//! only if there are enough.

use domain::settings::Settings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Reserved for listeners, mail, the cache, outgoing calls and logs.
const RESERVE: usize = 256;
/// SQLite has a WAL and a shared-memory file beside the database.
const FILES_OF_A_DATABASE_CONNECTION: usize = 3;

/// Raises the limit of open files to the maximum of the system. If that is too low, it logs that
/// and lowers `server.max_connections`: without a file left, the database cannot be opened either.
pub fn make_room(settings: &mut Settings) {
    let Some(allowed) = raised() else { return };
    let room = room(allowed, settings.database.connections);
    let wanted = settings.server.max_connections;
    if room < wanted {
        tracing::warn!(
            allowed,
            wanted,
            room,
            "the system allows too few open files for server.max_connections, which is lowered; \
             raise the limit (LimitNOFILE of systemd, ulimit -n), or lower the setting"
        );
        settings.server.max_connections = room;
    }
}

/// Raises the limit to its maximum and returns it. `None`: unlimited.
fn raised() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            current
        }
    };
    limit.map(|it| usize::try_from(it).unwrap_or(usize::MAX))
}

/// How many connections this many open files allow.
fn room(allowed: usize, database_connections: usize) -> usize {
    let database = database_connections.saturating_mul(FILES_OF_A_DATABASE_CONNECTION);
    let reserve = RESERVE.saturating_add(database);
    // With very few files, half of them still go to connections.
    allowed.saturating_sub(reserve).max(allowed / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_itself_needs_is_kept_free() {
        assert_eq!(room(65_536, 16), 65_232);
        assert_eq!(room(1024, 16), 720);
        assert_eq!(room(300, 16), 150);
        assert_eq!(room(0, usize::MAX), 1);
    }
}
