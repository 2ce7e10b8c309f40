//! Organizations and their members.

use domain::Time;
use store::{Db, Result, args, sql};
use uuid::Uuid;

pub async fn found(db: &Db, organization: Uuid, slug: &str, now: Time) -> Result<u64> {
    db.execute(
        sql!("INSERT INTO organizations (id, slug, created_at) VALUES ($1, $2, $3)"),
        args![organization, slug, now],
    )
    .await
}

pub async fn put(db: &Db, organization: Uuid, user: Uuid, role: &str) -> Result<u64> {
    db.execute(
        sql!(
            "INSERT INTO members (organization_id, user_id, role) VALUES ($1, $2, $3)
             ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role"
        ),
        args![organization, user, role],
    )
    .await
}

pub async fn count_owners(db: &Db, organization: Uuid) -> Result<i64> {
    db.value(
        sql!("SELECT COUNT(*) FROM members WHERE organization_id = $1 AND role = 'owner'"),
        args![organization],
    )
    .await
}

pub async fn remove(db: &Db, organization: Uuid, user: Uuid) -> Result<u64> {
    db.execute(
        sql!("DELETE FROM members WHERE organization_id = $1 AND user_id = $2"),
        args![organization, user],
    )
    .await
}
