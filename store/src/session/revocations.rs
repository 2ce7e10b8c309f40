//! What every process has to learn: ended sessions and changed users, in a sequence without gaps.
//! The counter's row is locked until the revoking transaction ends, so a reader who saw number *n*
//! has seen all before it.

use domain::{SessionId, Time, UserId};

use crate::{Db, Result, args, row, sql};

row! {
    /// What is remembered of this session, or of this user, is not valid any more.
    pub struct Revocation {
        pub sequence: i64,
        pub session_id: Option<SessionId>,
        pub user_id: Option<UserId>,
    }
}

/// Announces a session or a user. It is the last statement of the transaction, so that the row is
/// locked only shortly.
pub async fn insert(
    db: &Db,
    session: Option<SessionId>,
    user: Option<UserId>,
    now: Time,
) -> Result<()> {
    let sequence: i64 = db
        .value(
            sql!("UPDATE revocation_counter SET value = value + 1 WHERE id = 1 RETURNING value"),
            args![],
        )
        .await?;
    db.execute(
        sql!(
            "INSERT INTO revocations (sequence, session_id, user_id, made_at)
             VALUES ($1, $2, $3, $4)"
        ),
        args![sequence, session, user, now],
    )
    .await
    .map(drop)
}

/// The number of the latest revocation.
pub async fn latest(db: &Db) -> Result<i64> {
    db.value(sql!("SELECT value FROM revocation_counter WHERE id = 1"), args![]).await
}

/// Revocations after a number, in order.
pub async fn after(db: &Db, sequence: i64, limit: i64) -> Result<Vec<Revocation>> {
    db.all(
        sql!(
            "SELECT sequence, session_id, user_id FROM revocations
             WHERE sequence > $1 ORDER BY sequence LIMIT $2"
        ),
        args![sequence, limit],
    )
    .await
}

/// Deletes at most `limit` that every process has seen by now.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM revocations WHERE sequence IN (
                 SELECT sequence FROM revocations WHERE made_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}
