//! Administration of the queue: lists jobs, retries dead letters, discards jobs.

use domain::{Code, JobId, Time, UserId, event::Event};
use serde::Serialize;
use serde_json::Value as Json;
pub use store::jobs::{Filter, State};
use store::{Db, jobs::Job};

use crate::{
    App, Ctx, Result,
    access::{Acting, Admin},
    audit::Entry,
    tx::Tx,
};

/// The largest page.
const MAX_PAGE: i64 = 500;
/// The number of dead letters that one transaction retries.
const BATCH: i64 = 100;

/// The public fields of a job.
#[derive(Debug, Clone, Serialize)]
pub struct JobSummary {
    pub id: JobId,
    pub kind: String,
    /// The request that caused it.
    pub request_id: String,
    /// The user concerned.
    pub user_id: Option<UserId>,
    pub failures: i64,
    pub last_error: Option<String>,
    pub created_at: Time,
    pub due_at: Time,
    /// A worker is running it.
    pub is_running: bool,
    pub dead_at: Option<Time>,
}

impl JobSummary {
    fn new(job: Job, now: Time) -> JobSummary {
        let user_id = job.payload.get("user_id").and_then(Json::as_str);
        let is_running = job.claimed_until.is_some_and(|it| now < it);
        JobSummary {
            user_id: user_id.and_then(|it| it.parse().ok()),
            is_running,
            id: job.id,
            kind: job.kind,
            request_id: job.request_id,
            // The running try has not failed yet.
            failures: job.failures - i64::from(is_running),
            last_error: job.last_error,
            created_at: job.created_at,
            due_at: job.due_at,
            dead_at: job.dead_at,
        }
    }
}

/// At most `limit` jobs, newest first. The id of the last one is the cursor of the next page.
pub async fn list(
    app: &App,
    ctx: &Ctx,
    _acting: &Acting<Admin>,
    filter: Filter,
    limit: i64,
) -> Result<Vec<JobSummary>> {
    let limit = limit.clamp(1, MAX_PAGE);
    let unit = async move |db: Db| store::jobs::page(&db, &filter, limit).await;
    let jobs = app.store.get(unit).await?;
    Ok(jobs.into_iter().map(|it| JobSummary::new(it, ctx.now)).collect())
}

/// The number of dead letters.
pub async fn count_dead(app: &App, _acting: &Acting<Admin>) -> Result<u64> {
    let dead = app.store.get(async |db: Db| store::jobs::dead(&db).await).await?;
    Ok(u64::try_from(dead).unwrap_or(0))
}

/// Retries a dead letter, with all retries left. Any other job is not found.
pub async fn replay(app: &App, ctx: &Ctx, acting: &Acting<Admin>, id: JobId) -> Result<()> {
    let unit = async move |db: Db| store::jobs::by_id(&db, id).await;
    let job = app.store.get(unit).await?.filter(|it| it.dead_at.is_some());
    let entry = audit_entry(ctx, Event::JobReplayed, &job.ok_or(Code::NotFound)?);
    let unit = async move |tx: Tx| replay_one(&tx, id, entry).await;
    let is_replayed = app.write_as(ctx, acting, unit).await?;
    if is_replayed { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// One step of retrying all dead letters.
#[derive(Debug, Clone, Copy)]
pub struct ReplayStep {
    /// The number of jobs that will be retried.
    pub count: u64,
    /// The number of jobs examined. A dead letter stays dead if a live job has its unique key.
    pub seen: u64,
    /// The cursor of the next step; `None` after the last one.
    pub next: Option<JobId>,
}

/// Retries a batch of dead letters that were made before `before`. Jobs that die again in the
/// meantime are not retried twice.
pub async fn replay_some(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    before: Option<JobId>,
) -> Result<ReplayStep> {
    let filter = Filter { state: State::Dead, before, ..Filter::default() };
    let unit = async move |db: Db| store::jobs::page(&db, &filter, BATCH).await;
    let jobs = app.store.get(unit).await?;
    let seen = jobs.len();
    let is_last = i64::try_from(seen).unwrap_or(BATCH) < BATCH;
    let next = jobs.last().map(|it| it.id).filter(|_| !is_last);
    let entry = |it: &Job| (it.id, audit_entry(ctx, Event::JobReplayed, it));
    let entries: Vec<(JobId, Entry)> = jobs.iter().map(entry).collect();
    let unit = async move |tx: Tx| {
        let mut count = 0;
        for (id, entry) in entries {
            count += u64::from(replay_one(&tx, id, entry).await?);
        }
        Ok(count)
    };
    let count = app.write_as(ctx, acting, unit).await?;
    Ok(ReplayStep { count, seen: seen as u64, next })
}

async fn replay_one(tx: &Tx, id: JobId, entry: Entry) -> Result<bool> {
    let is_replayed = tx.replay_job(id).await?;
    if is_replayed {
        tx.audit(entry).await?;
    }
    Ok(is_replayed)
}

/// Discards a job that is not running. Any other is not found.
pub async fn discard(app: &App, ctx: &Ctx, acting: &Acting<Admin>, id: JobId) -> Result<()> {
    let unit = async move |db: Db| store::jobs::by_id(&db, id).await;
    let job = app.store.get(unit).await?.ok_or(Code::NotFound)?;
    let entry = audit_entry(ctx, Event::JobDiscarded, &job);
    let unit = async move |tx: Tx| -> Result<()> {
        if !store::jobs::discard(&tx, id, tx.now()).await? {
            return Err(Code::NotFound.into());
        }
        tx.audit(entry).await
    };
    app.write_as(ctx, acting, unit).await
}

fn audit_entry(ctx: &Ctx, event: Event, job: &Job) -> Entry {
    let entry = Entry::about(event, JobSummary::new(job.clone(), ctx.now).user_id);
    entry.with("job", job.id.to_string()).with("kind", job.kind.clone())
}
