//! The outbox: work that is written in the transaction that causes it and done afterwards, at
//! least once.

use domain::{JobId, Time};
use uuid::Uuid;

use crate::{Db, Result, args, db::Json, entity, row, sql};

entity! {
    /// A piece of work.
    pub struct Job {
        pub id: JobId,
        pub kind: String,
        pub payload: Json,
        /// What of it must not be read in the database, sealed.
        pub sealed: Option<Vec<u8>>,
        /// The request that caused it.
        pub request_id: String,
        /// At most one living job has it.
        pub unique_key: Option<String>,
        pub due_at: Time,
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
    /// How much there is to do.
    pub struct Backlog {
        pub waiting: i64,
        pub dead: i64,
    }
}

/// False when a living job has its unique key.
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

/// Takes over at most `limit` jobs that are due and that nobody works on, the longest due first.
/// Two who ask at once never get the same one: the second update finds the first one's claim.
pub async fn claim(db: &Db, claim: Uuid, until: Time, now: Time, limit: i64) -> Result<Vec<Job>> {
    let statement = sql!(
        "UPDATE jobs SET claim = $1, claimed_until = $2
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

/// Ends a job that is done, unless somebody else took it over meanwhile.
pub async fn delete(db: &Db, id: JobId, claim: Uuid) -> Result<u64> {
    db.execute(sql!("DELETE FROM jobs WHERE id = $1 AND claim = $2"), args![id, claim]).await
}

/// Lets a job that failed wait until `due_at`.
pub async fn retry(db: &Db, id: JobId, claim: Uuid, due_at: Time, error: &str) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET failures = failures + 1, last_error = $4, due_at = $3,
                 claim = NULL, claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim, due_at, error],
    )
    .await
}

/// Keeps a job that will not be tried again.
pub async fn bury(db: &Db, id: JobId, claim: Uuid, now: Time, error: &str) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET failures = failures + 1, last_error = $4, dead_at = $3,
                 claim = NULL, claimed_until = NULL
             WHERE id = $1 AND claim = $2"
        ),
        args![id, claim, now, error],
    )
    .await
}

/// How many are due, whether or not somebody works on them.
pub async fn due(db: &Db, now: Time) -> Result<i64> {
    db.value(sql!("SELECT COUNT(*) FROM jobs WHERE dead_at IS NULL AND due_at <= $1"), args![now])
        .await
}

/// Counted up to a thousand of each: whoever asks how the server is must not make it worse.
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
