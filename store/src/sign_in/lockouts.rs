//! Wrong passwords in a row, by keyed hashes of what they were tried on. The rule is the domain's;
//! a row that is claimed is held until it is written.

use domain::{Time, sign_in::lockout::Tally};

use crate::{Db, Result, args, entity, row, sql};

entity! { Tally { failures, locked_until, settled, updated_at } }

/// The tally with this hash, as it is at the moment.
pub async fn by_hash(db: &Db, hash: &[u8; 32]) -> Result<Option<Tally>> {
    db.optional(sql!(concat!("SELECT ", columns!(), " FROM lockouts WHERE hash = $1")), args![hash])
        .await
}

/// The tally with this hash, held until the transaction ends; made where there was none. `account`
/// is the keyed hash of the account that it is about.
pub async fn claim(db: &Db, hash: &[u8; 32], account: &[u8; 32], now: Time) -> Result<Tally> {
    db.one(
        sql!(
            "INSERT INTO lockouts (hash, account, failures, locked_until, settled, updated_at)
             VALUES ($1, $2, 0, NULL, FALSE, $3)
             ON CONFLICT (hash) DO UPDATE SET account = excluded.account
             RETURNING failures, locked_until, settled, updated_at"
        ),
        args![hash, account, now],
    )
    .await
}

/// Writes a tally that was claimed in this transaction.
pub async fn put(db: &Db, hash: &[u8; 32], tally: &Tally) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE lockouts SET failures = $2, locked_until = $3, settled = $4, updated_at = $5
             WHERE hash = $1"
        ),
        args![hash, tally.failures, tally.locked_until, tally.settled, tally.updated_at],
    )
    .await
}

/// The guess that locked it was wrong. False when it is not locked any more.
pub async fn settle(db: &Db, hash: &[u8; 32], now: Time) -> Result<bool> {
    let settled = db
        .execute(
            sql!(
                "UPDATE lockouts SET settled = TRUE
                 WHERE hash = $1 AND locked_until > $2 AND NOT settled"
            ),
            args![hash, now],
        )
        .await?;
    Ok(settled == 1)
}

/// As if one guess had not been counted.
pub async fn give_back(db: &Db, hash: &[u8; 32]) -> Result<u64> {
    db.execute(
        sql!(
            "UPDATE lockouts SET failures = failures - 1, locked_until = NULL
             WHERE hash = $1 AND failures > 0 AND NOT settled"
        ),
        args![hash],
    )
    .await
}

/// Forgets a tally.
pub async fn delete(db: &Db, hash: &[u8; 32]) -> Result<u64> {
    db.execute(sql!("DELETE FROM lockouts WHERE hash = $1"), args![hash]).await
}

row! {
    /// A tally that was forgotten before its time.
    pub struct Forgotten {
        pub locked_until: Option<Time>,
    }
}

/// Forgets everything about an account, and about the names it has.
pub async fn delete_all(
    db: &Db,
    account: &[u8; 32],
    names: &[Option<[u8; 32]>; 3],
) -> Result<Vec<Forgotten>> {
    let [one, two, three] = names;
    db.all(
        sql!(
            "DELETE FROM lockouts WHERE account = $1 OR hash IN ($2, $3, $4)
             RETURNING locked_until"
        ),
        args![account, one, two, three],
    )
    .await
}

/// Deletes at most `limit` that were last counted before `before` and are not locked.
pub async fn sweep(db: &Db, before: Time, now: Time, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM lockouts WHERE hash IN (
                 SELECT hash FROM lockouts
                 WHERE updated_at < $1 AND (locked_until IS NULL OR locked_until <= $2) LIMIT $3)"
        ),
        args![before, now, limit],
    )
    .await
}

/// Deletes at most `limit` beyond the `keep` that were counted last.
pub async fn trim(db: &Db, keep: i64, limit: i64) -> Result<u64> {
    db.execute(
        sql!(
            "DELETE FROM lockouts WHERE hash IN (
                 SELECT hash FROM lockouts ORDER BY updated_at DESC LIMIT $2 OFFSET $1)"
        ),
        args![keep, limit],
    )
    .await
}
