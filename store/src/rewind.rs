//! What the clock's stepping back leaves behind: times further ahead than they can be, pulled back to
//! where they would be if they had been written now. What is possible by the new clock stays, so that
//! doing it twice changes nothing.
//!
//! What only tells when something was (audit rows, consents, when an account was made) stays as it
//! was written. docs/decisions/0017 has the list.

use domain::{SessionId, Time, notify::link::Purpose, reach::Reach};

use crate::{Db, Result, args, schedules::Schedule, sql};

/// When a schedule was last followed. A process that works follows one every five minutes, so that
/// this tells at the start what the time was before.
pub async fn latest(db: &Db) -> Result<Option<Time>> {
    db.value(sql!("SELECT MAX(ran_at) FROM schedules"), args![]).await
}

/// What the clock of the database's server shows; none where the database is a file and has no other
/// clock than this process. It tells whether this node's clock is right, and nothing else.
pub async fn server_time(db: &Db) -> Result<Option<Time>> {
    db.server_time().await
}

/// Locks, and since when guesses are counted.
pub async fn lockouts(db: &Db, counted: Reach, locked: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE lockouts SET updated_at = $2,
                 locked_until = CASE WHEN locked_until > $3 THEN $3 ELSE locked_until END
             WHERE hash IN (SELECT hash FROM lockouts WHERE updated_at > $1 LIMIT $4)"
        ),
        args![counted.latest, counted.instead, locked.instead, limit],
    )
    .await
}

/// Times that are pulled back in batches.
#[derive(Debug, Clone, Copy)]
pub enum Times {
    /// The ends of links of one purpose.
    Links(Purpose),
    /// The ends of invitations.
    Invitations,
    /// Since when idempotency keys are kept.
    Idempotency,
    /// Since when revocations are kept.
    Revocations,
    /// When jobs are due that were begun at least and at most so many times.
    Jobs { least: i64, most: i64 },
    /// Until when only the worker that claimed a job may do it.
    Claims,
    /// Since when dead letters are kept.
    DeadLetters,
}

/// Pulls back those beyond `reach`, of at most `limit` rows.
pub async fn pull_back(db: &Db, times: Times, reach: Reach, limit: i64) -> Result<u64> {
    /// Sets a column of the rows of a table that have this key, if it lies beyond the reach.
    macro_rules! beyond {
        ($table:literal, $key:literal, $column:literal, $($condition:literal)?) => {
            concat!(
                "UPDATE ", $table, " SET ", $column, " = $2 WHERE ", $key, " IN (
                     SELECT ", $key, " FROM ", $table, "
                     WHERE ", $column, " > $1", $(" AND ", $condition,)? " LIMIT $3)"
            )
        };
    }
    let Reach { latest, instead } = reach;
    let statement = match times {
        Times::Links(purpose) => {
            let statement = sql!(beyond!("links", "id", "expires_at", "purpose = $4"));
            let purpose = purpose.word();
            return db.execute(statement, args![latest, instead, limit, purpose]).await;
        }
        Times::Jobs { least, most } => {
            let statement = sql!(beyond!(
                "jobs",
                "id",
                "due_at",
                "dead_at IS NULL AND failures BETWEEN $4 AND $5"
            ));
            return db.execute(statement, args![latest, instead, limit, least, most]).await;
        }
        Times::Invitations => sql!(beyond!("invitations", "id", "expires_at",)),
        Times::Idempotency => sql!(beyond!("idempotency_keys", "hash", "created_at",)),
        Times::Revocations => sql!(beyond!("revocations", "sequence", "made_at",)),
        Times::Claims => sql!(beyond!("jobs", "id", "claimed_until", "dead_at IS NULL")),
        Times::DeadLetters => sql!(beyond!("jobs", "id", "dead_at", "dead_at IS NOT NULL")),
    };
    db.execute(statement, args![latest, instead, limit]).await
}

/// When the next key signs, since when the others do, and when they end. The caller holds
/// [`keys::lock`](crate::keys::lock).
pub async fn keys(db: &Db, next: Reach, signing: Reach, retired: Reach) -> Result<u64> {
    let begins = db
        .execute(
            sql!("UPDATE signing_keys SET signs_at = $2 WHERE state = 'made' AND signs_at > $1"),
            args![next.latest, next.instead],
        )
        .await?;
    let began = db
        .execute(
            sql!("UPDATE signing_keys SET signs_at = $2 WHERE state <> 'made' AND signs_at > $1"),
            args![signing.latest, signing.instead],
        )
        .await?;
    let ends = db
        .execute(
            sql!("UPDATE signing_keys SET ends_at = $2 WHERE ends_at > $1"),
            args![retired.latest, retired.instead],
        )
        .await?;
    Ok(begins + began + ends)
}

/// The times of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Of their making, rotation and use.
    pub past: Reach,
    /// What a proof of identity becomes whose time is not known any more: none that is fresh.
    pub proved: Time,
    /// When they expire at the latest.
    pub expires: Time,
    /// The same where the person is remembered.
    pub expires_remembered: Time,
}

/// Of the sessions after `after`, up to `last`. There is no index on their times, since these change
/// with each refresh.
pub async fn sessions(db: &Db, after: SessionId, last: SessionId, to: Sessions) -> Result<u64> {
    let Reach { latest, instead } = to.past;
    db.execute(
        sql!(
            "UPDATE sessions SET
                 head_made_at = CASE WHEN head_made_at > $3 THEN $4 ELSE head_made_at END,
                 authenticated_at =
                     CASE WHEN authenticated_at > $3 THEN $5 ELSE authenticated_at END,
                 created_at = CASE WHEN created_at > $3 THEN $4 ELSE created_at END,
                 last_activity_at =
                     CASE WHEN last_activity_at > $3 THEN $4 ELSE last_activity_at END,
                 last_rotation_at =
                     CASE WHEN last_rotation_at > $3 THEN $4 ELSE last_rotation_at END,
                 expires_at = CASE WHEN remembered AND expires_at > $7 THEN $7
                                   WHEN NOT remembered AND expires_at > $6 THEN $6
                                   ELSE expires_at END
             WHERE id > $1 AND id <= $2
               AND (last_activity_at > $3 OR head_made_at > $3 OR authenticated_at > $3
                    OR created_at > $3)"
        ),
        args![after, last, latest, instead, to.proved, to.expires, to.expires_remembered],
    )
    .await
}

/// Schedules that are due after this.
pub async fn schedules_after(db: &Db, time: Time) -> Result<Vec<Schedule>> {
    let statement =
        sql!("SELECT name, cron, due_at FROM schedules WHERE due_at > $1 ORDER BY name");
    db.all(statement, args![time]).await
}

/// Moves a schedule from `due_at` to `next`, unless another process has moved it.
pub async fn schedule(db: &Db, schedule: &Schedule, next: Time) -> Result<u64> {
    db.execute(
        sql!("UPDATE schedules SET due_at = $3 WHERE name = $1 AND due_at = $2"),
        args![schedule.name, schedule.due_at, next],
    )
    .await
}

/// What [`latest`] goes by, and so the last thing that is pulled back.
pub async fn followed(db: &Db, reach: Reach) -> Result<u64> {
    let statement = sql!("UPDATE schedules SET ran_at = $2 WHERE ran_at > $1");
    db.execute(statement, args![reach.latest, reach.instead]).await
}
