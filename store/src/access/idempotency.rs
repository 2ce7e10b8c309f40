//! Idempotency keys, as keyed hashes; requests themselves are not stored.

use domain::Time;
use uuid::Uuid;

use crate::{Db, Result, args, row, sql};

row! {
    /// The result of a request.
    pub struct Known {
        pub body_hash: [u8; 32],
        pub result_id: Uuid,
    }
}

/// The request for which a key was used since `since`.
pub async fn by_hash(db: &Db, hash: &[u8; 32], since: Time) -> Result<Option<Known>> {
    db.optional(
        sql!(
            "SELECT body_hash, result_id FROM idempotency_keys
             WHERE hash = $1 AND created_at > $2"
        ),
        args![hash, since],
    )
    .await
}

/// Records the result of a request. Returns false if the key was used for another since `since`.
pub async fn put(db: &Db, hash: &[u8; 32], known: &Known, since: Time, now: Time) -> Result<bool> {
    let written = db
        .execute(
            sql!(
                "INSERT INTO idempotency_keys (hash, body_hash, result_id, created_at)
                 VALUES ($1, $2, $3, $4)
                 ON CONFLICT (hash) DO UPDATE SET body_hash = excluded.body_hash,
                     result_id = excluded.result_id, created_at = excluded.created_at
                 WHERE idempotency_keys.created_at <= $5"
            ),
            args![hash, known.body_hash, known.result_id, now, since],
        )
        .await?;
    Ok(written == 1)
}

/// Deletes at most `limit` that were used before `before`.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM idempotency_keys WHERE hash IN (
                 SELECT hash FROM idempotency_keys WHERE created_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}
