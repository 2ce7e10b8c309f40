//! Wrong passwords in a row, by keyed hashes of names and accounts. The rule is in the domain; a
//! claimed row is locked until it is written.

use domain::{Time, access::lockout::Tally};

use crate::{Db, Result, args, entity, row, sql};

entity! { Tally { failures, locked_until, settled, updated_at } }

/// The current tally with this hash.
pub async fn by_hash(db: &Db, hash: &[u8; 32]) -> Result<Option<Tally>> {
    db.optional(sql!(concat!("SELECT ", columns!(), " FROM lockouts WHERE hash = $1")), args![hash])
        .await
}

/// The tally with this hash, locked until the transaction ends; inserted if there is none.
/// `account` is the keyed hash of its account.
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

/// The guess that locked it was wrong. Returns false if it is not locked any more.
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

/// Takes back one guess.
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
    /// A tally that was deleted before it expired.
    pub struct Forgotten {
        pub locked_until: Option<Time>,
    }
}

/// Deletes all tallies of an account and its names.
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

/// Deletes at most `limit` beyond the `keep` that were updated last.
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
