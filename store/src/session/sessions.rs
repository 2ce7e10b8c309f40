//! Sessions. Rotation and ending are single statements whose guards are in their `WHERE`.

use domain::{
    SessionId, Time, UserId,
    session::{EndReason, Session},
    sign_in::Proofs,
};

use crate::{Db, Result, args, entity, row, sql};

entity! { Session {
    id, user_id, secret, head, parent, superseded, floor, head_made_at, head_shown, remembered,
    device_name, device_fingerprint, user_agent, browser, os, device_type, ip_address, city, country,
    mfa_verified, amr, authenticated_at, created_at, last_activity_at, last_rotation_at,
    expires_at, ended_at, end_reason
} }

pub async fn insert(db: &Db, session: &Session) -> Result<u64> {
    let statement = sql!("INSERT INTO sessions (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(session)).await
}

pub async fn by_id(db: &Db, id: SessionId) -> Result<Option<Session>> {
    db.optional(sql!("SELECT ", columns!(), " FROM sessions WHERE id = $1"), args![id]).await
}

/// A user's living sessions, the latest used first. They are few.
pub async fn of_user(db: &Db, user: UserId, now: Time) -> Result<Vec<Session>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
         ORDER BY last_activity_at DESC, id DESC"
    );
    db.all(statement, args![user, now]).await
}

/// Whether a user has signed in on a device before.
pub async fn is_known_device(db: &Db, user: UserId, fingerprint: &str) -> Result<bool> {
    let statement = sql!(
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = $1 AND device_fingerprint = $2)"
    );
    db.value(statement, args![user, fingerprint]).await
}

/// Whether a session is alive and still has the secret of `session`.
pub async fn is_unchanged(db: &Db, session: &Session, now: Time) -> Result<bool> {
    let count: i64 = db
        .value(
            sql!(
                "SELECT COUNT(*) FROM sessions
                 WHERE id = $1 AND secret = $2 AND ended_at IS NULL AND expires_at > $3"
            ),
            args![session.id, session.secret, now],
        )
        .await?;
    Ok(count == 1)
}

/// The session has the head and the secret of `seen` and is alive at `$4`, and its user may sign
/// in.
macro_rules! as_seen {
    () => {
        "id = $1 AND head = $2 AND secret = $3 AND ended_at IS NULL AND expires_at > $4
           AND EXISTS (SELECT 1 FROM users WHERE users.id = sessions.user_id
                       AND users.is_active AND users.deleted_at IS NULL)"
    };
}

/// Writes `next` over `seen`, if the row is unchanged, the session is alive and its user may sign
/// in. Returns false if another request was faster.
pub async fn rotate(db: &Db, seen: &Session, next: &Session) -> Result<bool> {
    // The new row is known, and reading it back would cost as much again.
    let rotated = db
        .execute(
            sql!(
                "UPDATE sessions SET head = $5, parent = $6, superseded = $7, head_made_at = $4,
                     head_shown = FALSE, last_rotation_at = $4, last_activity_at = $4,
                     expires_at = $8
                 WHERE ",
                as_seen!()
            ),
            args![
                seen.id,
                seen.head,
                seen.secret,
                next.head_made_at,
                next.head,
                next.parent,
                next.superseded,
                next.expires_at
            ],
        )
        .await?;
    Ok(rotated == 1)
}

/// [`rotate`] for a head whose response was lost: only if it has not been used.
pub async fn replace_head(db: &Db, seen: &Session, next: &Session) -> Result<bool> {
    let replaced = db
        .execute(
            sql!(
                "UPDATE sessions SET head = $5, head_made_at = $4,
                     last_rotation_at = $4, last_activity_at = $4, expires_at = $7
                 WHERE parent = $6 AND NOT head_shown AND ",
                as_seen!()
            ),
            args![
                seen.id,
                seen.head,
                seen.secret,
                next.head_made_at,
                next.head,
                next.parent,
                next.expires_at
            ],
        )
        .await?;
    Ok(replaced == 1)
}

/// Sets a new secret, which voids every token made so far; the session continues with a new head.
/// `proved`: the owner has just proved who they are, and the session rests on these proofs from now
/// on. `None`: the session is not alive or not theirs.
pub async fn renew(
    db: &Db,
    id: SessionId,
    user: UserId,
    secret: &[u8; 32],
    proved: Option<Proofs>,
    now: Time,
) -> Result<Option<Session>> {
    let statement = sql!(
        "UPDATE sessions SET secret = $3, head = head + 1, floor = head + 1, parent = NULL,
             superseded = NULL, head_made_at = $4, head_shown = FALSE, last_activity_at = $4,
             amr = COALESCE(CAST($5 AS TEXT), amr),
             authenticated_at =
                 CASE WHEN CAST($5 AS TEXT) IS NULL THEN authenticated_at ELSE $4 END
         WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4
         RETURNING ",
        columns!()
    );
    let amr = proved.map(|it| it.to_string());
    db.optional(statement, args![id, user, secret, now, amr]).await
}

/// Records that a generation was used, and when. If the clock of another node is ahead, the later
/// time stays.
pub async fn record_shown(db: &Db, id: SessionId, generation: i64, now: Time) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE sessions SET head_shown = (head_shown OR head = $2),
                 last_activity_at =
                     CASE WHEN last_activity_at < $3 THEN $3 ELSE last_activity_at END
             WHERE id = $1 AND ended_at IS NULL
               AND (last_activity_at < $3 OR (head = $2 AND NOT head_shown))"
        ),
        args![id, generation, now],
    )
    .await
}

/// Ends one of a user's sessions. Returns false if it is not alive or not theirs.
pub async fn end(
    db: &Db,
    id: SessionId,
    user: UserId,
    reason: EndReason,
    now: Time,
) -> Result<bool> {
    let ended = db
        .execute(
            sql!(
                "UPDATE sessions SET ended_at = $3, end_reason = $4
                 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3"
            ),
            args![id, user, now, reason.word()],
        )
        .await?;
    Ok(ended == 1)
}

/// Ends a session that still has the secret of `seen`. Returns false if it has ended, or has
/// another secret.
pub async fn end_seen(db: &Db, seen: &Session, reason: EndReason, now: Time) -> Result<bool> {
    let ended = db
        .execute(
            sql!(
                "UPDATE sessions SET ended_at = $3, end_reason = $4
                 WHERE id = $1 AND secret = $2 AND ended_at IS NULL AND expires_at > $3"
            ),
            args![seen.id, seen.secret, now, reason.word()],
        )
        .await?;
    Ok(ended == 1)
}

crate::row! {
    /// An ended session.
    pub struct Ended {
        pub id: SessionId,
    }
}

/// Ends all of a user's sessions, except `but`.
pub async fn end_all(
    db: &Db,
    user: UserId,
    but: Option<SessionId>,
    reason: EndReason,
    now: Time,
) -> Result<Vec<Ended>> {
    db.all(
        sql!(
            "UPDATE sessions SET ended_at = $3, end_reason = $4
             WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
               AND (CAST($2 AS UUID) IS NULL OR id <> $2)
             RETURNING id"
        ),
        args![user, but, now, reason.word()],
    )
    .await
}

/// How many sessions of a user were not ended; some may have expired.
pub async fn count(db: &Db, user: UserId) -> Result<i64> {
    let statement = sql!("SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL");
    db.value(statement, args![user]).await
}

/// Ends the longest idle sessions of a user until at most `keep` are alive beside `new`.
pub async fn end_idle(
    db: &Db,
    user: UserId,
    new: SessionId,
    keep: i64,
    reason: EndReason,
    now: Time,
) -> Result<Vec<Ended>> {
    db.all(
        sql!(
            "UPDATE sessions SET ended_at = $3, end_reason = $4
             WHERE id IN (SELECT id FROM sessions
                          WHERE user_id = $1 AND id <> $5
                            AND ended_at IS NULL AND expires_at > $3
                          ORDER BY last_activity_at DESC, id DESC LIMIT 1000 OFFSET $2)
             RETURNING id"
        ),
        args![user, keep, now, reason.word(), new],
    )
    .await
}

row! {
    /// The last session of a page.
    pub struct Place {
        pub id: SessionId,
    }
}

/// The last of the first `limit` sessions after `after` and before `end`. `None`: there are fewer.
pub async fn page_end(
    db: &Db,
    after: SessionId,
    end: SessionId,
    limit: i64,
) -> Result<Option<SessionId>> {
    let statement =
        sql!("SELECT id FROM sessions WHERE id > $1 AND id < $2 ORDER BY id LIMIT 1 OFFSET $3");
    let last: Option<Place> = db.optional(statement, args![after, end, limit - 1]).await?;
    Ok(last.map(|it| it.id))
}

/// Deletes the sessions after `after`, up to `last`, that expired before `expired` or ended before
/// `ended`. An index on the expiry would have to be updated with each refresh.
pub async fn sweep(
    db: &Db,
    after: SessionId,
    last: SessionId,
    expired: Time,
    ended: Time,
) -> Result<u64> {
    let statement = sql!(
        "DELETE FROM sessions
         WHERE id > $1 AND id <= $2 AND (expires_at < $3 OR ended_at < $4)"
    );
    db.execute(statement, args![after, last, expired, ended]).await
}
