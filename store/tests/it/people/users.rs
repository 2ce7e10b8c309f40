//! User accounts.

use domain::Time;
use store::{Db, Result, args, db::Json, entity, sql};
use uuid::Uuid;

entity! {
    /// A user account.
    pub struct User {
        pub id: Uuid,
        pub email: String,
        pub name: Option<String>,
        pub is_admin: bool,
        pub failures: i64,
        pub metadata: Json,
        pub created_at: Time,
        pub locked_until: Option<Time>,
    }
}

/// Returns false if the address is taken.
pub async fn insert(db: &Db, user: &User) -> Result<bool> {
    let inserted = db
        .execute(
            sql!(
                "INSERT INTO users (",
                columns!(),
                ") VALUES (",
                placeholders!(),
                ") ON CONFLICT (email) WHERE deleted_at IS NULL DO NOTHING"
            ),
            &values(user),
        )
        .await?;
    Ok(inserted == 1)
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<User>> {
    db.optional(
        sql!("SELECT ", columns!(), " FROM users WHERE id = $1 AND deleted_at IS NULL"),
        args![id],
    )
    .await
}

/// Counts one wrong guess and returns the new count.
pub async fn record_failure(db: &Db, id: Uuid) -> Result<i64> {
    db.value(
        sql!("UPDATE users SET failures = failures + 1 WHERE id = $1 RETURNING failures"),
        args![id],
    )
    .await
}

/// Sets the count, against the constraint that it is not negative.
pub async fn set_failures(db: &Db, id: Uuid, failures: i64) -> Result<u64> {
    db.execute(sql!("UPDATE users SET failures = $2 WHERE id = $1"), args![id, failures]).await
}

/// Fifty at a time, by id.
pub async fn page(db: &Db, after: Option<Uuid>, admin: Option<bool>) -> Result<Vec<User>> {
    db.all(
        sql!(
            "SELECT ",
            columns!(),
            " FROM users
             WHERE (CAST($1 AS UUID) IS NULL OR id > $1)
               AND (CAST($2 AS BOOLEAN) IS NULL OR is_admin = $2)
             ORDER BY id LIMIT 50"
        ),
        args![after, admin],
    )
    .await
}
