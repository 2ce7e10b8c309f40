//! Refresh tokens: stored as hashes, spent once.

use domain::Time;
use store::{Db, Result, args, row, sql};
use uuid::Uuid;

row! {
    /// A spent token.
    pub struct Spent {
        pub user_id: Uuid,
        pub family_id: Uuid,
    }
}

pub async fn insert(db: &Db, hash: &[u8; 32], user: Uuid, expires_at: Time) -> Result<u64> {
    db.execute(
        sql!(
            "INSERT INTO refresh_tokens (hash, family_id, user_id, expires_at)
             VALUES ($1, $2, $2, $3)"
        ),
        args![hash, user, expires_at],
    )
    .await
}

/// Spends a token, once. `None`: unknown, expired or already spent.
pub async fn consume(db: &Db, hash: &[u8; 32], now: Time) -> Result<Option<Spent>> {
    db.optional(
        sql!(
            "UPDATE refresh_tokens SET used_at = $2
             WHERE hash = $1 AND used_at IS NULL AND $2 < expires_at
             RETURNING user_id, family_id"
        ),
        args![hash, now],
    )
    .await
}
