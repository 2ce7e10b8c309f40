//! The signing keys of tokens, sealed.
//!
//! The states follow one another: made (published, not signing yet), signing, retired (what it
//! signed is valid until it expires), revoked (nothing that it signed is valid). Whoever changes
//! more than one row takes [`lock`] first, so that only one process decides at a time.

use domain::Time;

use crate::{Db, Result, args, entity, sql};

pub const MADE: &str = "made";
pub const SIGNING: &str = "signing";
pub const RETIRED: &str = "retired";
pub const REVOKED: &str = "revoked";

entity! {
    /// A signing key.
    pub struct SigningKey {
        /// The `kid` of tokens and key sets.
        pub id: String,
        pub algorithm: String,
        pub state: String,
        pub sealed: Vec<u8>,
        pub created_at: Time,
        /// When it begins, or began, to sign.
        pub signs_at: Time,
        pub retired_at: Option<Time>,
        /// When nothing that it signed is valid any more.
        pub ends_at: Option<Time>,
    }
}

impl SigningKey {
    /// Whether its signatures are valid at `now`.
    pub fn counts(&self, now: Time) -> bool {
        self.state != REVOKED && self.ends_at.is_none_or(|it| now < it)
    }
}

/// All keys, the latest first.
pub async fn all(db: &Db) -> Result<Vec<SigningKey>> {
    let statement = sql!("SELECT ", columns!(), " FROM signing_keys ORDER BY created_at DESC, id");
    db.all(statement, args![]).await
}

/// Keeps other processes from changing keys until the transaction ends. It locks the row of the
/// revocation counter, which each change needs anyway, so there is no second lock to wait for.
pub async fn lock(db: &Db) -> Result<()> {
    db.lock("revocation_counter", 1_i64).await
}

pub async fn insert(db: &Db, key: &SigningKey) -> Result<()> {
    let statement =
        sql!("INSERT INTO signing_keys (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(key)).await.map(drop)
}

/// A made key starts to sign. Returns false if it is in another state.
pub async fn set_signing(db: &Db, id: &str, now: Time) -> Result<bool> {
    let statement = sql!(
        "UPDATE signing_keys SET state = 'signing', signs_at = $2 WHERE id = $1 AND state = 'made'"
    );
    Ok(db.execute(statement, args![id, now]).await? == 1)
}

/// The signing key stops signing, and stays valid until `ends_at`.
pub async fn retire(db: &Db, id: &str, now: Time, ends_at: Time) -> Result<bool> {
    let statement = sql!(
        "UPDATE signing_keys SET state = 'retired', retired_at = $2, ends_at = $3
         WHERE id = $1 AND state = 'signing'"
    );
    Ok(db.execute(statement, args![id, now, ends_at]).await? == 1)
}

/// Nothing that the key signed is valid any more. Its private part is deleted.
pub async fn revoke(db: &Db, id: &str, now: Time) -> Result<bool> {
    let nothing: &[u8] = &[];
    let statement = sql!(
        "UPDATE signing_keys SET state = 'revoked', sealed = $3, ends_at = $2,
             retired_at = COALESCE(retired_at, $2)
         WHERE id = $1 AND state <> 'revoked'"
    );
    Ok(db.execute(statement, args![id, now, nothing]).await? == 1)
}

/// Deletes a key that has never signed.
pub async fn withdraw(db: &Db, id: &str) -> Result<bool> {
    let statement = sql!("DELETE FROM signing_keys WHERE id = $1 AND state = 'made'");
    Ok(db.execute(statement, args![id]).await? == 1)
}

/// Replaces the seal of a key. Returns false if it was resealed in the meantime.
pub async fn reseal(db: &Db, id: &str, old: &[u8], new: &[u8]) -> Result<bool> {
    let statement = sql!("UPDATE signing_keys SET sealed = $3 WHERE id = $1 AND sealed = $2");
    Ok(db.execute(statement, args![id, old, new]).await? == 1)
}

/// Deletes at most `limit` keys that have ended.
pub async fn sweep(db: &Db, now: Time, limit: i64) -> Result<u64> {
    let statement = sql!(
        "DELETE FROM signing_keys WHERE id IN (
             SELECT id FROM signing_keys WHERE ends_at <= $1 LIMIT $2)"
    );
    db.execute(statement, args![now, limit]).await
}
