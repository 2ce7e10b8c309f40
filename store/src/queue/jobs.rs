//! The outbox: jobs are inserted in the transaction that causes them and done afterwards, at least
//! once.

use domain::{JobId, Time};
use uuid::Uuid;

use crate::{Db, Result, args, db::Json, entity, row, sql};

entity! {
    /// A job.
    pub struct Job {
        pub id: JobId,
        pub kind: String,
        pub payload: Json,
        /// The confidential part of the payload, sealed.
        pub sealed: Option<Vec<u8>>,
        /// The request that caused it.
        pub request_id: String,
        /// At most one living job has it.
        pub unique_key: Option<String>,
        pub due_at: Time,
        /// The number of tries that were begun, and so the number of failures while nobody works on
        /// it. A try is counted when it is claimed, because one whose process dies can count
        /// nothing any more. A claim that begins no try is subtracted again, by [`give_back`] and
        /// [`bury_unbegun`].
        pub failures: i64,
        pub last_error: Option<String>,
        /// Who works on it, and until when nobody else may.
        pub claim: Option<Uuid>,
        pub claimed_until: Option<Time>,
        pub created_at: Time,
        pub dead_at: Option<Time>,
    }
}

row! {
    /// The sealed part of a job.
    pub struct Sealed {
        pub id: JobId,
        pub sealed: Vec<u8>,
    }
}

row! {
    /// How much there is to do.
    pub struct Backlog {
        pub waiting: i64,
        pub dead: i64,
    }
}

/// Returns false if a living job has its unique key.
pub async fn insert(db: &Db, job: &Job) -> Result<bool> {
    let statement = sql!(
        "INSERT INTO jobs (",
        columns!(),
        ") VALUES (",
        placeholders!(),
        ") ON CONFLICT (unique_key) WHERE dead_at IS NULL DO NOTHING"
    );
    Ok(db.execute(statement, &values(job)).await? == 1)
}

/// Claims at most `limit` jobs that are due and that nobody works on, the longest due first. No job
/// is claimed twice: a concurrent update finds the claim of the first one. Each claim counts as a
/// try.
pub async fn claim(db: &Db, claim: Uuid, until: Time, now: Time, limit: i64) -> Result<Vec<Job>> {
    let statement = sql!(
        "UPDATE jobs SET claim = $1, claimed_until = $2, failures = failures + 1
         WHERE id IN (SELECT id FROM jobs
                      WHERE dead_at IS NULL AND due_at <= $3
                        AND (claimed_until IS NULL OR claimed_until <= $3)
                      ORDER BY due_at, id LIMIT $4)
           AND dead_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $3)
         RETURNING ",
        columns!()
    );
    db.all(statement, args![claim, until, now, limit]).await
}

/// Deletes a job that is done, unless another worker has claimed it in the meantime.
pub async fn delete(db: &Db, id: JobId, claim: Uuid) -> Result<u64> {
    db.execute(sql!("DELETE FROM jobs WHERE id = $1 AND claim = $2"), args![id, claim]).await
}

/// Postpones a failed job until `due_at`.
pub async fn retry(db: &Db, id: JobId, claim: Uuid, due_at: Time, error: &str) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET last_error = $4, due_at = $3, claim = NULL, claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim, due_at, error],
    )
    .await
}

/// Releases a job as if it had not been begun.
pub async fn give_back(db: &Db, id: JobId, claim: Uuid) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET failures = failures - 1, claim = NULL, claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim],
    )
    .await
}

/// Makes a job a dead letter, which is not tried again.
pub async fn bury(db: &Db, id: JobId, claim: Uuid, now: Time, error: &str) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET last_error = $4, dead_at = $3, claim = NULL, claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim, now, error],
    )
    .await
}

/// The same for a job that was claimed but not begun, because no try was left.
pub async fn bury_unbegun(db: &Db, id: JobId, claim: Uuid, now: Time, error: &str) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET failures = failures - 1, last_error = $4, dead_at = $3, claim = NULL,
                 claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim, now, error],
    )
    .await
}

/// Deletes at most `limit` dead letters from before `before`.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM jobs WHERE id IN (
                 SELECT id FROM jobs WHERE dead_at IS NOT NULL AND dead_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}

/// How many are due, whether or not somebody works on them.
pub async fn due(db: &Db, now: Time) -> Result<i64> {
    db.value(sql!("SELECT COUNT(*) FROM jobs WHERE dead_at IS NULL AND due_at <= $1"), args![now])
        .await
}

/// Counts at most a thousand of each, so that health checks stay cheap.
pub async fn backlog(db: &Db) -> Result<Backlog> {
    db.one(
        sql!(
            "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE dead_at IS NULL
                                           LIMIT 1000) AS counted) AS waiting,
                    (SELECT COUNT(*) FROM (SELECT 1 FROM jobs WHERE dead_at IS NOT NULL
                                           LIMIT 1000) AS counted) AS dead"
        ),
        args![],
    )
    .await
}

/// The sealed parts of jobs, also of dead letters, in the order of their ids.
pub async fn sealed_after(db: &Db, id: JobId, limit: i64) -> Result<Vec<Sealed>> {
    db.all(
        sql!(
            "SELECT id, sealed FROM jobs WHERE id > $1 AND sealed IS NOT NULL
             ORDER BY id LIMIT $2"
        ),
        args![id, limit],
    )
    .await
}

/// Replaces the seal. Returns false if the job was resealed in the meantime, or is gone.
pub async fn reseal(db: &Db, job: &Sealed, new: &[u8]) -> Result<bool> {
    let statement = sql!("UPDATE jobs SET sealed = $3 WHERE id = $1 AND sealed = $2");
    Ok(db.execute(statement, args![job.id, job.sealed, new]).await? == 1)
}

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: State,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Older than this one, for the next page.
    pub before: Option<JobId>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Waiting,
    Dead,
}

/// At most `limit` jobs, the latest made first.
pub async fn page(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<Job>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM jobs WHERE (dead_at IS NOT NULL) = $1
           AND (CAST($2 AS TEXT) IS NULL OR kind = $2)
           AND (CAST($3 AS UUID) IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4"
    );
    let is_dead = filter.state == State::Dead;
    db.all(statement, args![is_dead, filter.kind, filter.before, limit]).await
}

pub async fn by_id(db: &Db, id: JobId) -> Result<Option<Job>> {
    db.optional(sql!("SELECT ", columns!(), " FROM jobs WHERE id = $1"), args![id]).await
}

/// How many are dead letters.
pub async fn dead(db: &Db) -> Result<i64> {
    db.value(sql!("SELECT COUNT(*) FROM jobs WHERE dead_at IS NOT NULL"), args![]).await
}

/// Makes a dead letter due now, with all its retries. Returns false if it is not dead, or a living
/// job has its unique key.
pub async fn replay(db: &Db, id: JobId, now: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE jobs SET failures = 0, due_at = $2, dead_at = NULL
                 WHERE id = $1 AND dead_at IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM jobs AS living
                     WHERE living.unique_key = jobs.unique_key AND living.dead_at IS NULL)"
            ),
            args![id, now],
        )
        .await?;
    Ok(updated == 1)
}

/// Deletes a job that nobody works on. Returns false if somebody does, or there is none.
pub async fn discard(db: &Db, id: JobId, now: Time) -> Result<bool> {
    let deleted = db
        .execute(
            sql!(
                "DELETE FROM jobs WHERE id = $1
                   AND (claimed_until IS NULL OR claimed_until <= $2)"
            ),
            args![id, now],
        )
        .await?;
    Ok(deleted == 1)
}
