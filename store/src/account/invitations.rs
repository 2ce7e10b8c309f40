//! Invitations to create an account, their tokens stored as hashes.

use domain::{InvitationId, Time, UserId};

use crate::{Db, Result, args, entity, sql};

entity! {
    /// An invitation.
    pub struct Invitation {
        pub id: InvitationId,
        pub email: String,
        pub email_canonical: String,
        pub hash: [u8; 32],
        pub invited_by: Option<UserId>,
        pub created_at: Time,
        pub expires_at: Time,
        pub accepted_at: Option<Time>,
        pub revoked_at: Option<Time>,
    }
}

pub async fn insert(db: &Db, invitation: &Invitation) -> Result<u64> {
    let statement =
        sql!("INSERT INTO invitations (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(invitation)).await
}

pub async fn by_id(db: &Db, id: InvitationId) -> Result<Option<Invitation>> {
    db.optional(sql!("SELECT ", columns!(), " FROM invitations WHERE id = $1"), args![id]).await
}

/// An invitation that can be accepted.
pub async fn by_hash(db: &Db, hash: &[u8; 32], now: Time) -> Result<Option<Invitation>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM invitations
         WHERE hash = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2"
    );
    db.optional(statement, args![hash, now]).await
}

/// A page of invitations, the latest first, older than `before`.
pub async fn page(db: &Db, before: Option<InvitationId>, limit: i64) -> Result<Vec<Invitation>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM invitations WHERE (CAST($1 AS UUID) IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"
    );
    db.all(statement, args![before, limit]).await
}

/// Accepts an invitation, once. Returns false if another request was faster, or it is not valid any
/// more.
pub async fn consume(db: &Db, id: InvitationId, now: Time) -> Result<bool> {
    let accepted = db
        .execute(
            sql!(
                "UPDATE invitations SET accepted_at = $2
                 WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2"
            ),
            args![id, now],
        )
        .await?;
    Ok(accepted == 1)
}

/// Revokes an invitation. Returns false if it is not valid any more.
pub async fn revoke(db: &Db, id: InvitationId, now: Time) -> Result<bool> {
    let revoked = db
        .execute(
            sql!(
                "UPDATE invitations SET revoked_at = $2
                 WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2"
            ),
            args![id, now],
        )
        .await?;
    Ok(revoked == 1)
}

/// Revokes earlier invitations to an address.
pub async fn revoke_for(db: &Db, email_canonical: &str, now: Time) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE invitations SET revoked_at = $2
             WHERE email_canonical = $1 AND accepted_at IS NULL AND revoked_at IS NULL"
        ),
        args![email_canonical, now],
    )
    .await
}

/// Deletes the invitations to an address.
pub async fn delete_for(db: &Db, email_canonical: &str) -> Result<u64> {
    db.execute(sql!("DELETE FROM invitations WHERE email_canonical = $1"), args![email_canonical])
        .await
}

/// Deletes at most `limit` that expired before `before`.
pub async fn sweep(db: &Db, before: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM invitations WHERE id IN (
                 SELECT id FROM invitations WHERE expires_at < $1 LIMIT $2)"
        ),
        args![before, limit],
    )
    .await
}
