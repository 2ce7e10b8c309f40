//! What is pending between the steps of a sign-in: a kind, a person, a device, what is proved, how many
//! tries are left, and an end. A row is spent by one statement, whatever its kind.

use domain::{ChallengeId, Time, UserId, sign_in::ChallengeKind};

use crate::{Db, Result, args, entity, sql};

entity! {
    /// A pending step of a sign-in.
    pub struct Challenge {
        pub id: ChallengeId,
        pub kind: String,
        /// Of the token that its owner presents.
        pub hash: [u8; 32],
        /// `None`: it is not known yet who is going to answer.
        pub user_id: Option<UserId>,
        /// The hash of what only the browser or app that began knows.
        pub binding: Option<[u8; 32]>,
        /// What is proved already, as text.
        pub proofs: String,
        pub tries_left: i64,
        pub created_at: Time,
        pub expires_at: Time,
    }
}

pub async fn insert(db: &Db, challenge: &Challenge) -> Result<u64> {
    let statement =
        sql!("INSERT INTO challenges (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(challenge)).await
}

/// What spending it now would give.
pub async fn by_hash(
    db: &Db,
    hash: &[u8; 32],
    kind: ChallengeKind,
    now: Time,
) -> Result<Option<Challenge>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM challenges
         WHERE hash = $1 AND kind = $2 AND tries_left > 0 AND expires_at > $3"
    );
    db.optional(statement, args![hash, kind.word(), now]).await
}

/// Spends one, once. `None`: unknown, of another kind, expired, without a try left or spent already.
pub async fn spend(
    db: &Db,
    hash: &[u8; 32],
    kind: ChallengeKind,
    now: Time,
) -> Result<Option<Challenge>> {
    let statement = sql!(
        "DELETE FROM challenges
         WHERE hash = $1 AND kind = $2 AND tries_left > 0 AND expires_at > $3
         RETURNING ",
        columns!()
    );
    db.optional(statement, args![hash, kind.word(), now]).await
}

/// Voids what is pending for a user.
pub async fn revoke_all(db: &Db, user: UserId) -> Result<u64> {
    db.execute(sql!("DELETE FROM challenges WHERE user_id = $1"), args![user]).await
}

/// Deletes at most `limit` that expired before `before`.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM challenges WHERE id IN (
                 SELECT id FROM challenges WHERE expires_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}
