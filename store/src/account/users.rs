//! User accounts.

use domain::{Time, UserId, account::User};

use crate::{Db, Result, args, db::Only, entity, hash_kinds, sql};

entity! { User {
    id, email, email_canonical, username, first_name, last_name, phone_number, phone_verified_at,
    email_verified_at, password_hash, is_active, is_staff, is_superuser, profile, user_metadata,
    app_metadata, created_at, updated_at, last_login_at, deleted_at
} }

/// Returns false if the address or the username is taken.
pub async fn insert(db: &Db, user: &User) -> Result<bool> {
    let statement = sql!(
        "INSERT INTO users (",
        columns!(),
        ") VALUES (",
        placeholders!(),
        ") ON CONFLICT DO NOTHING"
    );
    if db.execute(statement, &values(user)).await? == 0 {
        return Ok(false);
    }
    hash_kinds::replace(db, None, user.password_hash.as_deref())?;
    Ok(true)
}

pub async fn by_id(db: &Db, id: UserId) -> Result<Option<User>> {
    db.optional(sql!("SELECT ", columns!(), " FROM users WHERE id = $1"), args![id]).await
}

/// The user with this sign-in name: a canonical address or a username.
pub async fn by_name(db: &Db, name: &str) -> Result<Option<User>> {
    // Addresses contain an @, and usernames do not.
    let statement = match name.contains('@') {
        true => sql!("SELECT ", columns!(), " FROM users WHERE email_canonical = $1"),
        false => sql!("SELECT ", columns!(), " FROM users WHERE username = $1"),
    };
    db.optional(statement, args![name]).await
}

/// The user with this verified phone number.
pub async fn by_phone(db: &Db, phone_number: &str) -> Result<Option<User>> {
    let statement = sql!(
        "SELECT ",
        columns!(),
        " FROM users WHERE phone_number = $1 AND phone_verified_at IS NOT NULL"
    );
    db.optional(statement, args![phone_number]).await
}

/// Whether somebody other than `but` has the username. If `proved` is set, users without a proved
/// address do not count.
pub async fn is_username_taken(db: &Db, username: &str, but: UserId, proved: bool) -> Result<bool> {
    let count: i64 = db
        .value(
            sql!(
                "SELECT COUNT(*) FROM users WHERE username = $1 AND id <> $2
                   AND (email_verified_at IS NOT NULL OR NOT $3)"
            ),
            args![username, but, proved],
        )
        .await?;
    Ok(count > 0)
}

/// Takes a username from the user other than `but` who has it and has no proved address; returns
/// that user.
pub async fn release_username(
    db: &Db,
    username: &str,
    but: UserId,
    now: Time,
) -> Result<Option<UserId>> {
    let released = db
        .optional(
            sql!(
                "UPDATE users SET username = NULL, updated_at = $3
                 WHERE username = $1 AND id <> $2 AND email_verified_at IS NULL
                 RETURNING id"
            ),
            args![username, but, now],
        )
        .await?;
    Ok(released.map(|Only(id)| id))
}

/// Writes what its owner can change. Returns false if the user was changed since `read_at`.
pub async fn set_profile(db: &Db, user: &User, read_at: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET first_name = $2, last_name = $3, username = $4,
                     phone_number = $5, phone_verified_at = $6, profile = $7, updated_at = $8,
                     user_metadata = $10
                 WHERE id = $1 AND updated_at = $9 AND is_active AND deleted_at IS NULL"
            ),
            args![
                user.id,
                user.first_name,
                user.last_name,
                user.username,
                user.phone_number,
                user.phone_verified_at,
                user.profile,
                user.updated_at,
                read_at,
                user.user_metadata
            ],
        )
        .await?;
    Ok(updated == 1)
}

/// Writes the operator's metadata. Returns false if the user was changed since `read_at`.
pub async fn set_app_metadata(
    db: &Db,
    id: UserId,
    app_metadata: &crate::db::Json,
    read_at: Time,
    now: Time,
) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET app_metadata = $2, updated_at = $4
                 WHERE id = $1 AND updated_at = $3"
            ),
            args![id, app_metadata, read_at, now],
        )
        .await?;
    Ok(updated == 1)
}

/// Marks the address as proved. Returns false if the user has another, or it was proved already.
pub async fn verify_email(db: &Db, id: UserId, email: &str, now: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET email_verified_at = $3, updated_at = $3
                 WHERE id = $1 AND email = $2 AND email_verified_at IS NULL
                   AND is_active AND deleted_at IS NULL"
            ),
            args![id, email, now],
        )
        .await?;
    Ok(updated == 1)
}

/// Records a sign-in. Returns false if the account may not sign in any more, or its password hash
/// is not the one that was verified.
pub async fn record_sign_in(
    db: &Db,
    id: UserId,
    password_hash: Option<&str>,
    now: Time,
) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET last_login_at = $2
                 WHERE id = $1 AND is_active AND deleted_at IS NULL
                   AND (CAST($3 AS TEXT) IS NULL OR password_hash = $3)"
            ),
            args![id, now, password_hash],
        )
        .await?;
    Ok(updated == 1)
}

/// Replaces the password hash `old`. Returns false if that is not the current one, or the account
/// may not sign in.
pub async fn set_password(
    db: &Db,
    id: UserId,
    old: Option<&str>,
    new: &str,
    now: Time,
) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET password_hash = $3, updated_at = $4
                 WHERE id = $1 AND is_active AND deleted_at IS NULL
                   AND COALESCE(password_hash, '') = COALESCE(CAST($2 AS TEXT), '')"
            ),
            args![id, old, new, now],
        )
        .await?;
    if updated == 0 {
        return Ok(false);
    }
    hash_kinds::replace(db, old, Some(new))?;
    Ok(true)
}

/// Deletes an account, which can be restored for a while. Returns false if it may not sign in.
pub async fn delete(db: &Db, id: UserId, now: Time) -> Result<bool> {
    let deleted = db
        .execute(
            sql!(
                "UPDATE users SET deleted_at = $2, updated_at = $2
                 WHERE id = $1 AND is_active AND deleted_at IS NULL"
            ),
            args![id, now],
        )
        .await?;
    Ok(deleted == 1)
}

/// Restores an account that was deleted after `since`. Returns false if there is none.
pub async fn restore(db: &Db, id: UserId, since: Time, now: Time) -> Result<bool> {
    let restored = db
        .execute(
            sql!(
                "UPDATE users SET deleted_at = NULL, updated_at = $3
                 WHERE id = $1 AND is_active AND deleted_at > $2"
            ),
            args![id, since, now],
        )
        .await?;
    Ok(restored == 1)
}

crate::row! {
    /// An account to erase.
    pub struct Erasable {
        pub id: UserId,
        pub email_canonical: String,
    }
}

/// Returns at most `limit` accounts that were deleted at `before` or earlier.
pub async fn erasable(db: &Db, before: Time, limit: i64) -> Result<Vec<Erasable>> {
    db.all(
        sql!(
            "SELECT id, email_canonical FROM users
             WHERE deleted_at <= $1 ORDER BY deleted_at LIMIT $2"
        ),
        args![before, limit],
    )
    .await
}

/// Erases an account and all its rows. Returns false if it has been restored.
pub async fn erase(db: &Db, id: UserId, before: Time) -> Result<bool> {
    let erased: Option<Erased> = db
        .optional(
            sql!(
                "DELETE FROM users WHERE id = $1 AND deleted_at <= $2 RETURNING id, password_hash"
            ),
            args![id, before],
        )
        .await?;
    Ok(uncounted(db, erased)?.is_some())
}

/// Erases the user other than `but` who has the address and has not proved it, with all their rows;
/// returns that user.
pub async fn erase_unproved(db: &Db, email_canonical: &str, but: UserId) -> Result<Option<UserId>> {
    let erased: Option<Erased> = db
        .optional(
            sql!(
                "DELETE FROM users
                 WHERE email_canonical = $1 AND id <> $2 AND email_verified_at IS NULL
                 RETURNING id, password_hash"
            ),
            args![email_canonical, but],
        )
        .await?;
    uncounted(db, erased)
}

crate::row! {
    /// An erased account.
    pub struct Erased {
        pub id: UserId,
        pub password_hash: Option<String>,
    }
}

/// Subtracts the hash of an erased account from the counts.
fn uncounted(db: &Db, erased: Option<Erased>) -> Result<Option<UserId>> {
    let Some(erased) = erased else { return Ok(None) };
    hash_kinds::replace(db, erased.password_hash.as_deref(), None)?;
    Ok(Some(erased.id))
}

/// Changes the address to a proved one. Returns false if it is not `old` any more, or the account
/// may not sign in. A taken one violates the constraint `users_email_canonical`.
pub async fn set_email(
    db: &Db,
    id: UserId,
    old: &str,
    new: &domain::account::Email,
    now: Time,
) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET email = $3, email_canonical = $4, email_verified_at = $5,
                     updated_at = $5
                 WHERE id = $1 AND email = $2 AND is_active AND deleted_at IS NULL"
            ),
            args![id, old, new, new.canonical(), now],
        )
        .await?;
    Ok(updated == 1)
}

/// Replaces the hash `old` by one of the same password with other parameters. Returns the number of
/// changed rows.
pub async fn upgrade_hash(db: &Db, id: UserId, old: &str, new: &str) -> Result<u64> {
    let upgraded = db
        .execute(
            sql!("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2"),
            args![id, old, new],
        )
        .await?;
    if upgraded > 0 {
        hash_kinds::replace(db, Some(old), Some(new))?;
    }
    Ok(upgraded)
}

/// Disables an account. Returns false if it is disabled or deleted, or does not exist.
pub async fn disable(db: &Db, id: UserId, now: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET is_active = FALSE, updated_at = $2
                 WHERE id = $1 AND is_active AND deleted_at IS NULL"
            ),
            args![id, now],
        )
        .await?;
    Ok(updated == 1)
}

/// Enables an account. Returns false if it is enabled or deleted, or does not exist.
pub async fn enable(db: &Db, id: UserId, now: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET is_active = TRUE, updated_at = $2
                 WHERE id = $1 AND NOT is_active AND deleted_at IS NULL"
            ),
            args![id, now],
        )
        .await?;
    Ok(updated == 1)
}

/// Marks the address as proved, even if the account may not sign in. Returns false if the user has
/// another, or it was proved already.
pub async fn vouch_for_email(db: &Db, id: UserId, email: &str, now: Time) -> Result<bool> {
    let updated = db
        .execute(
            sql!(
                "UPDATE users SET email_verified_at = $3, updated_at = $3
                 WHERE id = $1 AND email = $2 AND email_verified_at IS NULL
                   AND deleted_at IS NULL"
            ),
            args![id, email, now],
        )
        .await?;
    Ok(updated == 1)
}
