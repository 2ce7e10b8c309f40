//! Hashes of former passwords, which must not be reused.

use domain::{PasswordId, Time, UserId};

use crate::{Db, Result, args, entity, row, sql};

entity! {
    /// A former password.
    pub struct Former {
        pub id: PasswordId,
        pub user_id: UserId,
        pub hash: String,
        pub created_at: Time,
    }
}

row! {
    /// Its hash alone.
    pub struct Hash {
        pub hash: String,
    }
}

pub async fn insert(db: &Db, former: &Former) -> Result<u64> {
    let statement =
        sql!("INSERT INTO password_history (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(former)).await
}

/// A user's latest ones, the latest first.
pub async fn latest(db: &Db, user: UserId, limit: i64) -> Result<Vec<Hash>> {
    db.all(
        sql!("SELECT hash FROM password_history WHERE user_id = $1 ORDER BY id DESC LIMIT $2"),
        args![user, limit],
    )
    .await
}

/// Deletes all but a user's latest ones.
pub async fn trim(db: &Db, user: UserId, keep: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM password_history WHERE id IN (
                 SELECT id FROM password_history WHERE user_id = $1
                 ORDER BY id DESC LIMIT 1000 OFFSET $2)"
        ),
        args![user, keep],
    )
    .await
}
