//! Workers: claim due jobs, run them, retry failures, keep dead letters.
//!
//! It guarantees that a job is claimed by one worker at a time; that a job that fails or panics is
//! retried or becomes a dead letter; that a job whose worker died is taken over when its claim
//! expires, and becomes a dead letter if that happens in every try; and that a slow job occupies
//! only its own worker.

use std::sync::Arc;

use domain::{Span, queue::retry_at};
use store::{Db, jobs::Job};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    App, Ctx, Error, Result,
    account::email,
    factor::password,
    notify::letter,
    queue::{Failure, Task, task},
    random,
    work::schedule,
};

/// The stored length of an error.
const ERROR_LENGTH: usize = 500;
/// A job times out this long before its claim expires, or a tenth of a short claim.
const MARGIN: Span = Span::seconds(10);

/// Runs due jobs until `stop`: when notified, when a job ends, and at the poll interval. A slow job
/// does not block others while there are idle workers. Jobs that do not end within the grace of the
/// shutdown are released.
pub async fn work(app: App, wake: Arc<Notify>, stop: CancellationToken) {
    let (mut running, hand_back) = (JoinSet::new(), CancellationToken::new());
    while !stop.is_cancelled() {
        if let Err(error) = start_due(&app, &mut running, &hand_back).await {
            tracing::warn!(%error, "the queue cannot be read");
        }
        tokio::select! {
            Some(ended) = running.join_next() => warn_if_unrecorded(ended),
            () = wake.notified() => {}
            () = tokio::time::sleep(app.settings.jobs.poll.duration()) => {}
            () = stop.cancelled() => {}
        }
    }
    let mut all_ended = std::pin::pin!(async {
        while let Some(ended) = running.join_next().await {
            warn_if_unrecorded(ended);
        }
    });
    // The rest of the grace is for releasing jobs.
    let timeout = app.settings.server.shutdown_grace.duration() * 9 / 10;
    if tokio::time::timeout(timeout, &mut all_ended).await.is_err() {
        tracing::warn!("jobs were still at work; they are run again after the next start");
        hand_back.cancel();
        all_ended.await;
    }
}

/// Runs everything that is due, and returns the number of jobs.
pub async fn run_due(app: &App, stop: &CancellationToken) -> Result<usize> {
    let (mut done, mut running, never) = (0, JoinSet::new(), CancellationToken::new());
    let mut outcome = Ok(());
    loop {
        if outcome.is_ok() && !stop.is_cancelled() {
            outcome = start_due(app, &mut running, &never).await.map(|count| done += count);
        }
        match running.join_next().await {
            Some(ended) => warn_if_unrecorded(ended),
            None => return outcome.map(|()| done),
        }
    }
}

/// Claims a job for each idle worker and starts it. Returns the number of jobs.
async fn start_due(
    app: &App,
    running: &mut JoinSet<Result<()>>,
    hand_back: &CancellationToken,
) -> Result<usize> {
    // At least one: a process without workers gets here only by `run_due`.
    let idle = app.settings.jobs.workers.max(1).saturating_sub(running.len());
    if idle == 0 {
        return Ok(0);
    }
    let (claim, now) = (Uuid::from_bytes(random::bytes()?), app.clock.now());
    let (until, limit) = (now + app.settings.jobs.lease, i64::try_from(idle).unwrap_or(1));
    let unit = async move |db: Db| store::jobs::claim(&db, claim, until, now, limit).await;
    let jobs = app.store.put(unit).await?;
    let count = jobs.len();
    for job in jobs {
        let (app, hand_back) = (app.clone(), hand_back.clone());
        running.spawn(async move { run_claimed(&app, job, claim, &hand_back).await });
    }
    Ok(count)
}

/// The result of a job is in its row. If it could not be written, the job runs again when its claim
/// expires.
fn warn_if_unrecorded(ended: Result<Result<()>, JoinError>) {
    if let Err(error) = ended.map_err(Error::broken).and_then(|it| it) {
        tracing::warn!(%error, "the result of a job could not be written");
    }
}

/// Runs one claimed job and writes its result. After `hand_back` it is released.
async fn run_claimed(
    app: &App,
    job: Job,
    claim: Uuid,
    hand_back: &CancellationToken,
) -> Result<()> {
    let tries = i64::from(app.settings.jobs.retries) + 1;
    if job.failures > tries {
        return bury_unfinished(app, &job, claim).await;
    }
    let lease = app.settings.jobs.lease.duration();
    let bound = lease.saturating_sub(MARGIN.duration().min(lease / 10));
    let running = tokio::time::timeout(bound, run_isolated(app, &job));
    let outcome = match hand_back.run_until_cancelled(running).await {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) => Err(Failure::Temporary("timeout".into())),
        None => {
            let id = job.id;
            app.store.put(async move |db| store::jobs::give_back(&db, id, claim).await).await?;
            return Ok(());
        }
    };
    match outcome {
        Ok(()) => {
            let id = job.id;
            app.store.put(async move |db| store::jobs::delete(&db, id, claim).await).await?;
            tracing::info!(job = %id, kind = job.kind, request_id = job.request_id, "job done");
            Ok(())
        }
        Err(failure) => record_failure(app, &job, claim, failure).await,
    }
}

/// Makes a dead letter of a job whose worker died in the last try.
async fn bury_unfinished(app: &App, job: &Job, claim: Uuid) -> Result<()> {
    let (id, kind, request_id, now) = (job.id, &job.kind, &job.request_id, app.clock.now());
    let error = "no retry is left, and the last one did not end";
    tracing::error!(job = %id, kind, request_id, error, "job is a dead letter");
    let unit = async move |db: Db| store::jobs::bury_unbegun(&db, id, claim, now, error).await;
    app.store.put(unit).await?;
    Ok(())
}

/// Runs a job in its own task, so that a panic fails only this job.
async fn run_isolated(app: &App, job: &Job) -> Result<(), Failure> {
    let (app, job) = (app.clone(), job.clone());
    let mut task = JoinSet::new();
    task.spawn(async move { run_task(&app, &job).await });
    match task.join_next().await {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => Err(Failure::Temporary(error.to_string())),
        None => Ok(()),
    }
}

/// Schedules the next try, or makes a dead letter.
async fn record_failure(app: &App, job: &Job, claim: Uuid, failure: Failure) -> Result<()> {
    let (id, kind, request_id) = (job.id, &job.kind, &job.request_id);
    let (now, [jitter]) = (app.clock.now(), random::bytes::<1>()?);
    let tries = u32::try_from(job.failures).unwrap_or(u32::MAX);
    let again = || retry_at(tries, now, jitter, &app.settings.jobs);
    let (text, retry_at, is_ours) = match failure {
        Failure::Temporary(text) => (text, again(), false),
        Failure::Ours(text) => (text, again(), true),
        Failure::Permanent(text) => (text, None, false),
    };
    let error = domain::text::clipped(&text, ERROR_LENGTH);
    match retry_at {
        Some(due_at) => {
            if is_ours {
                // Every job of this kind fails until an operator acts.
                tracing::error!(job = %id, kind, request_id, error, %due_at, "job failed");
            } else {
                tracing::warn!(job = %id, kind, request_id, error, %due_at, "job failed");
            }
            let unit = async move |db: Db| store::jobs::retry(&db, id, claim, due_at, &error).await;
            app.store.put(unit).await?;
        }
        None => {
            tracing::error!(job = %id, kind, request_id, error, "job is a dead letter");
            let unit = async move |db: Db| store::jobs::bury(&db, id, claim, now, &error).await;
            app.store.put(unit).await?;
        }
    }
    Ok(())
}

async fn run_task(app: &App, job: &Job) -> Result<(), Failure> {
    let ctx = Ctx::local(app.clock.now(), job.request_id.clone());
    match task(app, job).map_err(|error| Failure::Permanent(error.to_string()))? {
        Task::Letter(envelope) => letter::send(app, &ctx, job, envelope).await,
        Task::RequestVerification { email_canonical } => {
            Ok(email::send_verification(app, &ctx, email_canonical.expose()).await?)
        }
        Task::RequestPasswordReset { email_canonical } => {
            Ok(password::send_reset(app, &ctx, email_canonical.expose()).await?)
        }
        Task::Scheduled { name } => Ok(schedule::run(app, &name, ctx.now).await?),
    }
}
