//! PostgreSQL for the run: a given server, or a private one with default settings, which are
//! durable.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use domain::settings::Database;
use store::Store;
use tempfile::TempDir;
use url::Url;

use crate::{
    child::{free_address, signal},
    outcome::Outcome,
};

/// The database of the run on a given server.
const NAME: &str = "portcullis_bench";
const ATTEMPTS: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// A server with an empty database.
pub struct Postgres {
    pub url: String,
    private: Option<(Child, TempDir)>,
}

impl Postgres {
    /// `None`: there is none here.
    pub async fn open(named: Option<&str>, folder: &Path) -> Outcome<Option<Postgres>> {
        let mut postgres = match (named, programs()) {
            (Some(url), _) => Postgres { url: url.into(), private: None },
            (None, Some(bin)) => start(&bin, folder)?,
            (None, None) => return Ok(None),
        };
        let mut fresh = Url::parse(&postgres.url)?;
        fresh.set_path(NAME);
        postgres.create().await?;
        postgres.url = fresh.into();
        Ok(Some(postgres))
    }

    /// Waits for the server and makes the database of the run.
    async fn create(&self) -> Outcome<()> {
        let settings = Database { url: self.url.clone().into(), ..Database::default() };
        let mut attempt = 0;
        let store = loop {
            match Store::connect(&settings, Path::new("")).await {
                Ok(store) => break store,
                Err(error) if attempt == ATTEMPTS => return Err(error.into()),
                Err(_) => attempt += 1,
            }
            tokio::time::sleep(PAUSE).await;
        };
        for text in ["DROP DATABASE IF EXISTS portcullis_bench", "CREATE DATABASE portcullis_bench"]
        {
            store.put(async move |db| db.execute(text, &[]).await).await?;
        }
        store.close().await;
        Ok(())
    }

    pub fn close(mut self) -> Outcome<()> {
        if let Some((mut server, folder)) = self.private.take() {
            // Its fast shutdown, which does not wait for clients.
            signal(server.id(), "INT")?;
            server.wait()?;
            folder.close()?;
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some((server, _)) = &mut self.private {
            // The run has failed already, and says why.
            let _ = signal(server.id(), "INT");
            let _ = server.wait();
        }
    }
}

/// The newest that is installed; Debian keeps its programs out of `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|it| Some((it.file_name().to_str()?.parse().ok()?, it.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|it| it.1)
}

fn start(bin: &Path, folder: &Path) -> Outcome<Postgres> {
    let folder = tempfile::Builder::new().prefix("portcullis-bench-pg.").tempdir_in(folder)?;
    let data = folder.path().join("data");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
    let made = as_postgres(&bin.join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--pgdata"])
        .arg(&data)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("initdb failed".into());
    }
    let port = free_address()?.port();
    let server = as_postgres(&bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "unix_socket_directories="])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.path().join("log"))?)
        .spawn()?;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    Ok(Postgres { url, private: Some((server, folder)) })
}

/// PostgreSQL refuses to run as root, so there it runs as its own user.
fn as_postgres(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|it| it.stdout.trim_ascii() == b"0") {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}
