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

/// The ends of links of one purpose.
pub async fn links(db: &Db, purpose: Purpose, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE links SET expires_at = $2 WHERE id IN (
                 SELECT id FROM links WHERE expires_at > $1 AND purpose = $3 LIMIT $4)"
        ),
        args![reach.latest, reach.instead, purpose.word(), limit],
    )
    .await
}

/// The ends of invitations.
pub async fn invitations(db: &Db, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE invitations SET expires_at = $2 WHERE id IN (
                 SELECT id FROM invitations WHERE expires_at > $1 LIMIT $3)"
        ),
        args![reach.latest, reach.instead, limit],
    )
    .await
}

/// Since when idempotency keys are kept.
pub async fn idempotency(db: &Db, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE idempotency_keys SET created_at = $2 WHERE hash IN (
                 SELECT hash FROM idempotency_keys WHERE created_at > $1 LIMIT $3)"
        ),
        args![reach.latest, reach.instead, limit],
    )
    .await
}

/// Since when revocations are kept.
pub async fn revocations(db: &Db, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE revocations SET made_at = $2 WHERE sequence IN (
                 SELECT sequence FROM revocations WHERE made_at > $1 LIMIT $3)"
        ),
        args![reach.latest, reach.instead, limit],
    )
    .await
}

/// When jobs are due that were begun so often: from the first number to the second.
pub async fn jobs(db: &Db, begun: (i64, i64), reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET due_at = $2 WHERE id IN (
                 SELECT id FROM jobs
                 WHERE dead_at IS NULL AND due_at > $1 AND failures BETWEEN $3 AND $4 LIMIT $5)"
        ),
        args![reach.latest, reach.instead, begun.0, begun.1, limit],
    )
    .await
}

/// Until when nobody but their workers may do jobs.
pub async fn claims(db: &Db, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET claimed_until = $2 WHERE id IN (
                 SELECT id FROM jobs WHERE dead_at IS NULL AND claimed_until > $1 LIMIT $3)"
        ),
        args![reach.latest, reach.instead, limit],
    )
    .await
}

/// Since when dead letters are kept.
pub async fn dead_letters(db: &Db, reach: Reach, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE jobs SET dead_at = $2 WHERE id IN (
                 SELECT id FROM jobs WHERE dead_at IS NOT NULL AND dead_at > $1 LIMIT $3)"
        ),
        args![reach.latest, reach.instead, limit],
    )
    .await
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
pub async fn sessions(db: &Db, (after, last): (SessionId, SessionId), to: Sessions) -> Result<u64> {
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
