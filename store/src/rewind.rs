//! What to do after the clock has stepped back: times that are further ahead than they can be are
//! pulled back to where they would be if they were written now. Times that are possible by the new
//! clock stay, so doing it twice changes nothing.
//!
//! Times that only record when something happened (audit rows, consents, the creation of accounts)
//! stay as they are. docs/decisions/0017 has the list.

use domain::{SessionId, Time, notify::link::Purpose, reach::Reach, sign_in::ChallengeKind};

use crate::{Db, Result, args, schedules::Schedule, sql};

/// When a schedule last ran. A process with workers runs one every five minutes, so at the start
/// this tells the time before.
pub async fn latest(db: &Db) -> Result<Option<Time>> {
    db.value(sql!("SELECT MAX(ran_at) FROM schedules"), args![]).await
}

/// The time of the database server's clock. `None`: the database is a file and has no clock but
/// that of this process. It tells only whether this node's clock is right.
pub async fn server_time(db: &Db) -> Result<Option<Time>> {
    db.server_time().await
}

/// The ends of locks, and when guesses were last counted.
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
    /// Expiry of links of one purpose.
    Links(Purpose),
    /// Expiry of pending steps of sign-ins of one kind.
    Challenges(ChallengeKind),
    /// Expiry of invitations.
    Invitations,
    /// Creation of idempotency keys, from which their expiry follows.
    Idempotency,
    /// Creation of revocations, from which their expiry follows.
    Revocations,
    /// When jobs are due that were tried at least and at most so often.
    Jobs { least: i64, most: i64 },
    /// Until when jobs are claimed by a worker.
    Claims,
    /// Since when jobs are dead letters.
    DeadLetters,
}

/// Pulls back the times beyond `reach`, of at most `limit` rows.
pub async fn pull_back(db: &Db, times: Times, reach: Reach, limit: i64) -> Result<u64> {
    /// Sets the column to `$2` where it is later than `$1`, of at most `$3` rows.
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
        Times::Challenges(kind) => {
            let kind = kind.word();
            let statement = sql!(beyond!("challenges", "id", "expires_at", "kind = $4"));
            return db.execute(statement, args![latest, instead, limit, kind]).await;
        }
        Times::Invitations => sql!(beyond!("invitations", "id", "expires_at",)),
        Times::Idempotency => sql!(beyond!("idempotency_keys", "hash", "created_at",)),
        Times::Revocations => sql!(beyond!("revocations", "sequence", "made_at",)),
        Times::Claims => sql!(beyond!("jobs", "id", "claimed_until", "dead_at IS NULL")),
        Times::DeadLetters => sql!(beyond!("jobs", "id", "dead_at", "dead_at IS NOT NULL")),
    };
    db.execute(statement, args![latest, instead, limit]).await
}

/// When the next key starts to sign, when the others did, and when they expire. The caller holds
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

/// The bounds of the times of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Of creation, rotation and use.
    pub past: Reach,
    /// Replaces the time of a proof of identity that cannot be right: the proof is not fresh.
    pub proved: Time,
    /// The latest expiry.
    pub expires: Time,
    /// The latest expiry of sessions that stay signed in.
    pub expires_remembered: Time,
}

/// Pulls back the times of sessions with ids after `after`, up to `last`. There is no index on
/// their times, since these change with each refresh.
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

/// The schedules that are due after this time.
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

/// The time that [`latest`] returns, and therefore the last to be pulled back.
pub async fn followed(db: &Db, reach: Reach) -> Result<u64> {
    let statement = sql!("UPDATE schedules SET ran_at = $2 WHERE ran_at > $1");
    db.execute(statement, args![reach.latest, reach.instead]).await
}
