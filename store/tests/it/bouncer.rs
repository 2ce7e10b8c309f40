//! PgBouncer in front of the PostgreSQL of the tests. It has two connections to a database and
//! alternates between them, so that in transaction mode consecutive transactions never share a
//! session.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;

/// Debian installs it outside the PATH of some users; elsewhere it is in the PATH.
const PROGRAMS: [&str; 3] =
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];

/// A running PgBouncer, stopped when this is dropped.
pub struct Bouncer {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Bouncer {
    /// Starts one in front of the server at this address, in this mode.
    pub async fn before(server: &str, mode: &str) -> Bouncer {
        // Another process may take the port first.
        for _ in 0..5 {
            if let Some(bouncer) = Bouncer::start(server, mode).await {
                return bouncer;
            }
        }
        panic!("PgBouncer does not start");
    }

    /// The address of the same database behind it.
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.into()
    }

    async fn start(server: &str, mode: &str) -> Option<Bouncer> {
        let known = PROGRAMS.into_iter().find(|it| Path::new(it).exists());
        let program = known.unwrap_or("pgbouncer");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        // It refuses to run as root, and as another user it must be able to read its file.
        let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
        fs::write(&file, configuration(&Url::parse(server).unwrap(), mode, port, is_root)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut process = Command::new(program)
            .args(["-q".as_ref(), file.as_os_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("apt-get install pgbouncer: {error}"));
        while process.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Some(Bouncer { process, port, _folder: folder });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }
}

fn configuration(server: &Url, mode: &str, port: u16, is_root: bool) -> String {
    let (host, at) = (server.host_str().unwrap(), server.port().unwrap_or(5432));
    let user = server.username();
    let password = server.password().map_or(String::new(), |it| format!("password={it}"));
    let as_user = if is_root { "user = postgres" } else { "" };
    format!(
        "[databases]
* = host={host} port={at} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 2
server_round_robin = 1
max_client_conn = 500
{as_user}
"
    )
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
