//! Starts the background tasks: recorded activity, jobs, schedules, polls of revocations.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{
    App, OpenError,
    engine::activity::UseWriter,
    tx,
    work::{hearing, rewind, schedule, survey, worker},
};

/// The interval between checks of the clock and of the schedules.
const CLOCK_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// The interval between surveys of the kinds of hashes, and the pause after a failed one.
const SURVEY_INTERVAL: std::time::Duration = std::time::Duration::from_secs(60 * 60);
const SURVEY_RETRY: std::time::Duration = std::time::Duration::from_secs(60);

/// The background tasks, to be started.
pub struct Background {
    uses: UseWriter,
}

impl Background {
    pub(crate) fn new(uses: UseWriter) -> Background {
        Background { uses }
    }

    /// Starts all tasks. They end after `stop`; `app.tasks` waits for them.
    pub async fn start(self, app: &App, stop: &CancellationToken) -> Result<(), OpenError> {
        rewind::check_at_start(app).await?;
        app.tasks.spawn(self.uses.write(app.store.clone(), stop.clone()));
        app.tasks.spawn(watch_clock(app.clone(), stop.clone()));
        app.tasks.spawn(poll_revocations(app.clone(), stop.clone()));
        if app.settings.jobs.workers > 0 {
            schedule::prepare(app).await?;
            app.tasks.spawn(worker::work(app.clone(), app.wake.clone(), stop.clone()));
            app.tasks.spawn(listen(app.clone(), tx::JOBS, app.wake.clone(), stop.clone()));
            app.tasks.spawn(run_schedules(app.clone(), stop.clone()));
        }
        Ok(())
    }
}

async fn listen(app: App, channel: &'static str, notify: Arc<Notify>, stop: CancellationToken) {
    app.cache.clone().listen(channel, notify, stop).await;
}

/// Polls at the configured interval, and at once when another process notifies this one.
async fn poll_revocations(app: App, stop: CancellationToken) {
    let news = Arc::new(Notify::new());
    let listening = listen(app.clone(), tx::REVOCATIONS, news.clone(), stop.clone());
    app.tasks.spawn(listening);
    while !stop.is_cancelled() {
        if let Err(error) = hearing::poll_revocations(&app).await {
            tracing::warn!(%error, "revocations cannot be polled");
        }
        tokio::select! {
            () = news.notified() => {}
            () = tokio::time::sleep(app.settings.sessions.revocation_poll.duration()) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Surveys the kinds of hashes, in a process that verifies passwords.
pub async fn survey_hashes(app: App, stop: CancellationToken) {
    let surveys = async {
        loop {
            let pause = match survey::survey(&app).await {
                Ok(()) => SURVEY_INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "the kinds of password hashes cannot be read");
                    SURVEY_RETRY
                }
            };
            tokio::time::sleep(pause).await;
        }
    };
    stop.run_until_cancelled(surveys).await;
}

async fn watch_clock(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = rewind::check(&app).await {
            tracing::warn!(%error, "the clock check failed; stored times may lie in the future");
        }
        tokio::select! {
            () = tokio::time::sleep(CLOCK_INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn run_schedules(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = schedule::run_due(&app).await {
            tracing::warn!(%error, "schedules cannot be followed");
        }
        tokio::select! {
            () = tokio::time::sleep(CLOCK_INTERVAL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Runs all due background work and waits for it. For tests, which move the clock themselves.
pub async fn settle(app: &App) -> crate::Result<()> {
    let never = CancellationToken::new();
    rewind::check(app).await?;
    app.activity.flush().await;
    schedule::run_due(app).await?;
    loop {
        let done = worker::run_due(app, &never).await?;
        let now = app.clock.now();
        let unit = async move |db| store::jobs::due(&db, now).await;
        if done == 0 && app.store.get(unit).await? == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    hearing::poll_revocations(app).await
}
