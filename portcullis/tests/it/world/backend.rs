//! Where a world keeps its data: a temporary folder, or a database of its own on the servers that
//! the environment names.

use std::path::PathBuf;

use tempfile::TempDir;
use url::Url;

use super::{bouncer::Bouncer, outage::Outage};

/// The URL of a PostgreSQL server, with a role that may create databases.
const DATABASE: &str = "PORTCULLIS_TEST_DATABASE_URL";
const REDIS: &str = "PORTCULLIS_TEST_REDIS_URL";

pub struct Backend {
    folder: TempDir,
    postgres: Option<Postgres>,
    redis: Option<String>,
    /// For a world whose database can go away.
    outage: Option<Outage>,
    /// Between the server and PostgreSQL.
    bouncer: Option<Bouncer>,
}

struct Postgres {
    admin: String,
    name: String,
}

/// A variable of the environment, which chooses the backend of the whole run.
pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the backend is chosen once for the whole run")]
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

fn unique() -> String {
    let bytes = tempfile::Builder::new().rand_bytes(16).tempfile().unwrap();
    let name = bytes.path().file_name().unwrap().to_string_lossy().to_lowercase();
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

impl Backend {
    pub async fn new() -> Backend {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match variable(DATABASE) {
            Some(admin) => {
                let name = format!("world_{}", unique());
                execute(&admin, &format!("CREATE DATABASE {name}")).await;
                Some(Postgres { admin, name })
            }
            None => None,
        };
        Backend { folder, postgres, redis: variable(REDIS), outage: None, bouncer: None }
    }

    /// One whose database can become unreachable.
    pub async fn breakable() -> Backend {
        let backend = Backend::new().await;
        let outage = match &backend.postgres {
            Some(postgres) => {
                let url = Url::parse(&postgres.admin).unwrap();
                let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(5432));
                Outage::proxy(format!("{host}:{port}")).await
            }
            None => Outage::lock(&backend.data_folder().join("portcullis.db")),
        };
        Backend { outage: Some(outage), ..backend }
    }

    /// One with a pooler in transaction mode before PostgreSQL. `None`: it is SQLite.
    pub async fn pooled() -> Option<Backend> {
        let bouncer = Bouncer::before(&variable(DATABASE)?, "transaction").await;
        Some(Backend { bouncer: Some(bouncer), ..Backend::new().await })
    }

    /// Makes the database of a breakable backend read-only.
    pub async fn only_reads(&mut self) {
        let Some(Postgres { admin, name }) = &self.postgres else {
            return self.goes_away().await;
        };
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        execute(admin, &set).await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        execute(admin, &format!("{end} = '{name}'")).await;
    }

    pub async fn can_be_written_again(&mut self) {
        let Some(Postgres { admin, name }) = &self.postgres else {
            return self.comes_back().await;
        };
        let reset = format!("ALTER DATABASE {name} RESET default_transaction_read_only");
        execute(admin, &reset).await;
    }

    /// Makes the database of a breakable backend unreachable.
    pub async fn goes_away(&mut self) {
        self.outage.as_mut().unwrap().begin().await;
    }

    pub async fn comes_back(&mut self) {
        self.outage.as_mut().unwrap().end().await;
    }

    /// Several nodes need a database that all can reach.
    pub fn has_room_for_nodes(&self) -> bool {
        self.postgres.is_some()
    }

    fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The variables with which a server uses it.
    pub fn environment(&self) -> Vec<(String, String)> {
        let folder = self.data_folder().display().to_string();
        let mut variables = vec![
            ("PORTCULLIS_SERVER__DATA_DIR".to_owned(), folder),
            ("PORTCULLIS_CACHE__PREFIX".to_owned(), format!("{}:", unique())),
        ];
        if let Some(url) = self.url() {
            variables.push(("DATABASE_URL".to_owned(), url));
        }
        if let Some(redis) = &self.redis {
            variables.push(("REDIS_URL".to_owned(), redis.clone()));
        }
        variables
    }

    /// The PostgreSQL address. `None`: SQLite in the data folder.
    pub fn url(&self) -> Option<String> {
        let postgres = self.postgres.as_ref()?;
        let mut url = Url::parse(&postgres.admin).unwrap();
        url.set_path(&postgres.name);
        if let Some(Outage::Proxy { address, .. }) = &self.outage {
            url.set_ip_host(address.ip()).unwrap();
            url.set_port(Some(address.port())).unwrap();
        }
        match &self.bouncer {
            Some(bouncer) => Some(bouncer.url(url.as_str())),
            None => Some(url.into()),
        }
    }

    pub async fn end(&mut self) {
        if let Some(postgres) = self.postgres.take() {
            let drop = format!("DROP DATABASE {} WITH (FORCE)", postgres.name);
            execute(&postgres.admin, &drop).await;
        }
    }
}

async fn execute(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    client.batch_execute(statement).await.unwrap();
}
