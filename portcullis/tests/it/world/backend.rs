//! Where a world keeps its data: a temporary folder, or a database of its own on the servers that
//! the environment names.

use tempfile::TempDir;

/// An admin's address of a PostgreSQL server.
const DATABASE: &str = "PORTCULLIS_TEST_DATABASE_URL";
const REDIS: &str = "PORTCULLIS_TEST_REDIS_URL";

pub struct Backend {
    folder: TempDir,
    postgres: Option<Postgres>,
    redis: Option<String>,
}

struct Postgres {
    admin: String,
    name: String,
}

/// What the environment says; it chooses the backend of the whole run.
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
        Backend { folder, postgres, redis: variable(REDIS) }
    }

    /// The variables that lead a server to it.
    pub fn environment(&self) -> Vec<(String, String)> {
        let folder = self.folder.path().join("data");
        let mut variables = vec![
            ("PORTCULLIS_SERVER__DATA_DIR".to_owned(), folder.display().to_string()),
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
        let (server, _) = postgres.admin.rsplit_once('/').unwrap();
        Some(format!("{server}/{}", postgres.name))
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
