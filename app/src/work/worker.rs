//! Doing what is due: claims, retries, dead letters.
//!
//! It guarantees that a job is claimed by one worker at a time, that one that fails or panics is
//! tried again or kept as a dead letter, that one whose worker died is taken over when its claim
//! runs out, that one whose workers die each time is a dead letter in the end, and that one that
//! takes long keeps no more than its own worker.

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

/// How much of an error is kept.
const ERROR_LENGTH: usize = 500;
/// A job ends this long before its claim does, or a tenth of a short claim.
const MARGIN: Span = Span::seconds(10);

/// Works until `stop`: whenever somebody wakes it, a job ends, and now and then anyway. A job that
/// takes long holds up no other as long as there are workers. What has not ended within the grace of
/// a shutdown is left to others.
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
    // The rest of the grace is for giving them back.
    let timeout = app.settings.server.shutdown_grace.duration() * 9 / 10;
    if tokio::time::timeout(timeout, &mut all_ended).await.is_err() {
        tracing::warn!("jobs were still at work; they are done after the next start");
        hand_back.cancel();
        all_ended.await;
    }
}

/// Does everything that is due; gives how many jobs that were.
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

/// Claims as many jobs as there are idle workers, and begins them; gives how many those were.
async fn start_due(
    app: &App,
    running: &mut JoinSet<Result<()>>,
    hand_back: &CancellationToken,
) -> Result<usize> {
    // A process without workers does it only when it is asked to.
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

/// How a job ended is in its row, unless that could not be written: then it is done again when its
/// claim runs out.
fn warn_if_unrecorded(ended: Result<Result<()>, JoinError>) {
    if let Err(error) = ended.map_err(Error::broken).and_then(|it| it) {
        tracing::warn!(%error, "how a job ended could not be written");
    }
}

/// Runs one job and writes down how it ended. After `hand_back` it is left to others.
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
        Some(Err(_)) => Err(Failure::Temporary("it took too long".into())),
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

/// Keeps a job as a dead letter whose worker died in the last try.
async fn bury_unfinished(app: &App, job: &Job, claim: Uuid) -> Result<()> {
    let (id, kind, request_id, now) = (job.id, &job.kind, &job.request_id, app.clock.now());
    let error = "no try is left, and the last one did not end";
    tracing::error!(job = %id, kind, request_id, error, "job is a dead letter");
    let unit = async move |db: Db| store::jobs::bury_unbegun(&db, id, claim, now, error).await;
    app.store.put(unit).await?;
    Ok(())
}

/// Runs a job in a task of its own, so that a panic is this job's failure and nobody else's.
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

/// Has a job wait for its next try, or keeps it as a dead letter.
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
