//! One database and the processes that serve from it: its location, their settings, and its data.

use std::path::{Path, PathBuf};

use domain::settings::Settings;
use portcullis::config::{self, Environment, Flags};
use tempfile::TempDir;

use crate::{
    child::{Serving, free_address},
    data::{self, Data},
    hash,
    options::{Backend, Ceiling, Options},
    outcome::Outcome,
    postgres::Postgres,
    progress::say,
    watched::Watched,
};

/// A filled database.
pub struct Site {
    pub backend: Backend,
    pub data: Data,
    pub settings: Settings,
    pub version: String,
    program: PathBuf,
    environment: Environment,
    /// The first process of PostgreSQL.
    database: Option<u32>,
    postgres: Option<Postgres>,
    folder: TempDir,
}

impl Site {
    /// `None`: there is no such database here.
    pub async fn open(
        options: &Options,
        backend: Backend,
        program: &Path,
    ) -> Outcome<Option<Site>> {
        let parent = options.folder.clone().unwrap_or_else(std::env::temp_dir);
        let postgres = match backend {
            Backend::Sqlite => None,
            Backend::Postgres => {
                match Postgres::open(options.postgres.as_deref(), &parent).await? {
                    None => return Ok(None),
                    postgres => postgres,
                }
            }
        };
        let folder = tempfile::Builder::new().prefix("portcullis-bench.").tempdir_in(&parent)?;
        let url = postgres.as_ref().map(|it| it.url.as_str());
        let environment = environment(folder.path(), url);
        let settings = settings(&environment)?;
        say(format_args!("{}: filling", backend.title()));
        let data = data::fill(&settings, options.users()).await?;
        let file = app::database_file(&settings);
        Ok(Some(Site {
            version: data::version(&settings, &file).await?,
            database: data::postmaster(&settings, &file).await?,
            backend,
            data,
            settings,
            program: program.into(),
            environment,
            postgres,
            folder,
        }))
    }

    /// Starts the server, with some settings of its own.
    pub async fn server(&self, own: &[(&str, String)]) -> Outcome<Serving> {
        let address = free_address()?;
        let mut environment = self.environment.clone();
        environment.insert("PORTCULLIS_SERVER__LISTEN".into(), address.to_string());
        for (name, value) in own {
            environment.insert((*name).into(), value.clone());
        }
        Serving::start(&self.program, &["serve"], &environment, address).await
    }

    /// Starts a ceiling on the same database.
    pub async fn ceiling(&self, kind: Ceiling) -> Outcome<Serving> {
        let address = free_address()?;
        let mut environment = self.environment.clone();
        environment.insert("PORTCULLIS_SERVER__LISTEN".into(), address.to_string());
        let program = std::env::current_exe()?;
        Serving::start(&program, &["ceiling", kind.word()], &environment, address).await
    }

    pub fn watch(&self, serving: &Serving) -> Watched {
        Watched { server: serving.pid(), database: self.database }
    }

    pub fn close(self) -> Outcome<()> {
        if let Some(postgres) = self.postgres {
            postgres.close()?;
        }
        self.folder.close()?;
        Ok(())
    }
}

/// What differs from the defaults: where things are, the log as in production, no limits (all
/// requests come from one address), and tokens that outlive the run.
fn environment(folder: &Path, url: Option<&str>) -> Environment {
    let mut environment = Environment::from(
        [
            ("PORTCULLIS_SERVER__DATA_DIR", folder.display().to_string().as_str()),
            ("PORTCULLIS_SERVER__PUBLIC_URL", "http://127.0.0.1:8000"),
            ("PORTCULLIS_LOG__FORMAT", "json"),
            ("PORTCULLIS_LIMITS__ENABLED", "false"),
            ("PORTCULLIS_TOKENS__ACCESS_LIFETIME", "1day"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if let Some(url) = url {
        environment.insert("DATABASE_URL".into(), url.into());
    }
    environment
}

pub fn settings(environment: &Environment) -> Outcome<Settings> {
    // No file is read: the run must not depend on where it is started.
    let loaded = config::load(environment, &Flags::default(), Path::new("/nonexistent"));
    Ok(loaded.map_err(|it| format!("{it:?}"))?.settings)
}

/// Hashes that are cheap, for the server that distributions are measured on.
pub fn cheap() -> [(&'static str, String); 2] {
    [
        ("PORTCULLIS_PASSWORDS__MEMORY_KIB", hash::CHEAP.0.to_string()),
        ("PORTCULLIS_PASSWORDS__ITERATIONS", hash::CHEAP.1.to_string()),
    ]
}
