//! What commands of the operator have in common: they use the database of a server that may be
//! running, and that server applies their changes within `sessions.revocation_poll`.

use std::time::Duration;

use app::{App, Clock, Ctx, access::guard};
use domain::{account::User, settings::Settings};
use store::{
    Store,
    db::migrate::{self, MIGRATIONS},
};

use super::{
    failure::{Exit, Failure},
    refuse_findings,
};
use crate::{config::Loaded, telemetry};

/// How long to wait until the other processes are notified.
const GRACE: Duration = Duration::from_secs(5);

/// Runs `work` on the database of the settings, which has to be migrated.
pub async fn at<T>(
    loaded: Loaded,
    work: impl AsyncFnOnce(&App, &Ctx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    refuse_findings(&loaded, |_| true)?;
    let settings = loaded.settings;
    telemetry::start(&settings.log, settings.profile)?;
    let store = open(&settings).await?;
    with(settings, store, work).await
}

/// The database of the settings, which has to be migrated: other nodes may be older than this
/// program, so a command never changes the schema.
pub async fn open(settings: &Settings) -> Result<Store, Failure> {
    let store = app::connect(settings).await?;
    let pending = migrate::plan(&store, MIGRATIONS).await?;
    if pending.is_empty() {
        return Ok(store);
    }
    store.close().await;
    let what = format!("the schema is old: {} is pending", pending.join(", "));
    Err(Failure::new(Exit::Failed, what).hint("run: portcullis migrate"))
}

/// Runs `work` on this database.
pub async fn with<T>(
    settings: Settings,
    store: Store,
    work: impl AsyncFnOnce(&App, &Ctx) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let now = Clock::System.now();
    let (app, _) = App::with_store(settings, Clock::System, store).await?;
    let outcome = work(&app, &Ctx::local(now, app::request_id(now))).await;
    app.tasks().close();
    if tokio::time::timeout(GRACE, app.tasks().wait()).await.is_err() {
        tracing::warn!("the cache was not notified; other processes poll the database anyway");
    }
    app.close().await;
    outcome
}

/// The user with this id, address or username.
pub async fn user(app: &App, who: &str) -> Result<User, Failure> {
    app::account::users::find(app, &guard::operator(), who).await?.ok_or_else(|| {
        Failure::new(Exit::Failed, format_args!("there is no user {who:?}"))
            .hint("give an id, an email address or a username")
    })
}
