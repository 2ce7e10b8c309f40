//! Start-up: opens the database and makes the parts of the app.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{Span, Time, settings::Settings};
use outside::{cache::Cache, mail::Mailer};
use store::{Claim, Store, db::migrate};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::{background::Background, keys};
use crate::{
    App, Clock, OpenError,
    app::Parts,
    engine::{
        activity, hasher::Hasher, health::SharedCheck, keys::Keys, lookaside::LookAside,
        steps::Steps, templates, turns::Guesses,
    },
};

/// The name of the SQLite file in the data folder.
const DATABASE_FILE: &str = "portcullis.db";
/// The pause between tries to connect at start-up.
const CONNECT_PAUSE: Span = Span::millis(500);
/// The number of pauses between two log lines.
const PAUSES_A_LINE: u32 = 10;

impl App {
    /// Opens the database, which must be migrated, and everything else. The second value starts the
    /// background work; without it the app only runs use cases.
    pub async fn open(settings: Settings, clock: Clock) -> Result<(App, Background), OpenError> {
        let store = connect(&settings).await?;
        App::with_store(settings, clock, store).await
    }

    /// [`App::open`] with an open database.
    pub async fn with_store(
        settings: Settings,
        clock: Clock,
        store: Store,
    ) -> Result<(App, Background), OpenError> {
        let (reading, settings) = (clock.reading(), with_derived(settings));
        // Read before the keys, so that no later change of them is missed.
        let sequence = store.get(async |db| store::revocations::latest(&db).await).await?;
        let compiled = templates::compile(&settings.server.templates_dir)
            .map_err(|error| OpenError::Settings(format!("server.templates_dir: {error}")))?;
        let (activity, uses) = activity::channel();
        let app = App::new(Parts {
            cache: Cache::connect(&settings.cache).await?,
            mailer: Mailer::from_settings(
                &settings.email,
                &settings.outbound,
                &settings.server.public_url,
            )?,
            keys: Keys::open(&settings, &store, &clock).await?,
            hasher: Hasher::start(&settings.passwords)?,
            lookaside: LookAside::new(&settings.sessions, clock.clone()),
            guesses: Guesses::new(&settings.lockout),
            activity,
            health: SharedCheck::new(),
            steps: Steps::new(reading),
            locale: compiled.locale,
            overrides: compiled.overrides,
            render: compiled.render,
            wake: Arc::new(Notify::new()),
            tasks: TaskTracker::new(),
            settings,
            clock,
            store,
        });
        keys::start(&app).await?;
        app.lookaside.start(sequence, reading);
        Ok((app, Background::new(uses)))
    }
}

/// Fills in the settings that default to others.
fn with_derived(mut settings: Settings) -> Settings {
    if let (true, Some(address)) =
        (settings.server.public_url.is_empty(), settings.server.listen.first())
    {
        settings.server.public_url = format!("http://{address}");
    }
    if settings.tokens.issuer.is_empty() {
        settings.tokens.issuer = settings.server.public_url.trim_end_matches('/').into();
    }
    settings
}

/// The SQLite file that is used if no database is configured.
pub fn database_file(settings: &Settings) -> PathBuf {
    Path::new(&settings.server.data_dir).join(DATABASE_FILE)
}

/// Opens the database. Retries until `database.startup_timeout`.
pub async fn connect(settings: &Settings) -> Result<Store, OpenError> {
    let file = database_file(settings);
    retry_until_timeout(settings, async || Store::connect(&settings.database, &file).await).await
}

/// Claims a SQLite file for this process. Retries as long, because the previous server may be
/// ending.
pub async fn claim(settings: &Settings, store: &Store) -> Result<Claim, OpenError> {
    retry_until_timeout(settings, async || store.claim()).await
}

async fn retry_until_timeout<T>(
    settings: &Settings,
    attempt: impl AsyncFn() -> store::Result<T>,
) -> Result<T, OpenError> {
    let bound = settings.database.startup_timeout;
    let mut reason = "no answer".to_owned();
    let outcome = tokio::time::timeout(bound.duration(), async {
        let mut pauses = 0;
        loop {
            match attempt().await {
                Err(store::Error::Unavailable(text)) => reason = text,
                outcome => return outcome,
            }
            if pauses % PAUSES_A_LINE == 0 {
                tracing::warn!(reason, "waiting for the database");
            }
            pauses += 1;
            tokio::time::sleep(CONNECT_PAUSE.duration()).await;
        }
    });
    match outcome.await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(store::Error::Unavailable(format!("{reason}, for {bound}")).into()),
    }
}

/// Runs the pending migrations, and returns their names.
pub async fn migrate(store: &Store, now: Time) -> Result<Vec<&'static str>, OpenError> {
    Ok(migrate::run(store, migrate::MIGRATIONS, now).await?)
}
