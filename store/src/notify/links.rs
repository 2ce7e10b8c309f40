//! Single-use tokens, stored as hashes and spent by one conditional update.

use domain::{LinkId, Time, UserId, notify::link::Purpose};

use crate::{Db, Result, args, entity, row, sql};

entity! {
    /// A mailed token.
    pub struct Link {
        pub id: LinkId,
        pub user_id: UserId,
        pub purpose: String,
        pub hash: [u8; 32],
        /// The address it was sent to, and the only one that it proves.
        pub email: String,
        /// The hash of a secret that only the browser or app that began the flow has.
        pub binding: Option<[u8; 32]>,
        pub created_at: Time,
        pub expires_at: Time,
        pub spent_at: Option<Time>,
    }
}

row! {
    /// Whom a token was mailed to, and when.
    pub struct Recipient {
        pub user_id: UserId,
        pub email: String,
        pub binding: Option<[u8; 32]>,
        pub created_at: Time,
    }
}

pub async fn insert(db: &Db, link: &Link) -> Result<u64> {
    let statement = sql!("INSERT INTO links (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(link)).await
}

/// Voids a user's earlier tokens of one purpose.
pub async fn revoke(db: &Db, user: UserId, purpose: Purpose) -> Result<u64> {
    db.execute(
        sql!("DELETE FROM links WHERE user_id = $1 AND purpose = $2 AND spent_at IS NULL"),
        args![user, purpose.word()],
    )
    .await
}

/// Voids those that were made at `since` or later.
pub async fn revoke_since(db: &Db, user: UserId, purpose: Purpose, since: Time) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM links
             WHERE user_id = $1 AND purpose = $2 AND spent_at IS NULL AND created_at >= $3"
        ),
        args![user, purpose.word(), since],
    )
    .await
}

/// When the latest one was made, spent or not.
pub async fn latest(db: &Db, user: UserId, purpose: Purpose) -> Result<Option<Time>> {
    db.value(
        sql!("SELECT MAX(created_at) FROM links WHERE user_id = $1 AND purpose = $2"),
        args![user, purpose.word()],
    )
    .await
}

/// Voids all of a user's tokens, except those that undo a change of address: a thief who changes
/// the password must not void them.
pub async fn revoke_all(db: &Db, user: UserId) -> Result<u64> {
    db.execute(
        sql!("DELETE FROM links WHERE user_id = $1 AND spent_at IS NULL AND purpose <> $2"),
        args![user, Purpose::UndoEmailChange.word()],
    )
    .await
}

/// The recipient of a token that could be spent now.
pub async fn by_hash(
    db: &Db,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Time,
) -> Result<Option<Recipient>> {
    db.optional(
        sql!(
            "SELECT user_id, email, binding, created_at FROM links
             WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > $3"
        ),
        args![hash, purpose.word(), now],
    )
    .await
}

/// Spends a token, once. `None`: unknown, of another purpose, expired or already spent.
pub async fn consume(
    db: &Db,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Time,
) -> Result<Option<Recipient>> {
    db.optional(
        sql!(
            "UPDATE links SET spent_at = $3
             WHERE hash = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > $3
             RETURNING user_id, email, binding, created_at"
        ),
        args![hash, purpose.word(), now],
    )
    .await
}

/// Deletes at most `limit` that expired before `before`.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM links WHERE id IN (
                 SELECT id FROM links WHERE expires_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}
