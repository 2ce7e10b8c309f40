//! Background work in a process of its own, from its start to its end.
//!
//! It shares the queue and the schedules with every other process on the same database: a job is
//! claimed by one of them at a time, and a schedule runs once for all.

use app::{App, Clock, OpenError};
use domain::settings::Settings;
use tokio_util::sync::CancellationToken;

/// A running worker.
pub struct Working {
    app: App,
    stop: CancellationToken,
}

impl Working {
    /// Starts a worker with these settings.
    pub async fn start(settings: Settings, clock: Clock) -> Result<Working, OpenError> {
        let store = app::connect(&settings).await?;
        let migrations = app::migrate(&store, clock.now()).await?;
        if !migrations.is_empty() {
            tracing::info!(?migrations, "the schema is up to date");
        }
        let (app, background) = App::with_store(settings, clock, store).await?;
        let stop = CancellationToken::new();
        background.start(&app, &stop).await?;
        tracing::info!(workers = app.settings().jobs.workers, "working");
        Ok(Working { app, stop })
    }

    /// Claims no more jobs, and waits up to `server.shutdown_grace` for the running ones.
    pub async fn stop(self) {
        wind_down(&self.app, &self.stop).await;
    }
}

/// Ends background work, and closes the database last, so that nothing acknowledged is lost.
pub(crate) async fn wind_down(app: &App, stop: &CancellationToken) {
    app.flush().await;
    stop.cancel();
    app.tasks().close();
    let grace = app.settings().server.shutdown_grace.duration();
    if tokio::time::timeout(grace, app.tasks().wait()).await.is_err() {
        tracing::warn!("background work did not end within its grace period");
    }
    app.close().await;
    tracing::info!("stopped");
}
