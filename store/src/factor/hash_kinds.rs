//! How many accounts have which kind of password hash ([`phc::kind`]). The counts are updated when
//! hashes are written, so that nobody has to read all accounts.
//!
//! They only decide which hashes unknown names are checked against, so small errors are harmless:
//! nodes of an older version do not count while they run beside new ones.

use domain::factor::phc;

use crate::{Db, Result, args, row, sql};

row! {
    /// A kind of password hash.
    pub struct HashKind {
        pub kind: String,
        /// How many accounts have it.
        pub accounts: i64,
    }
}

/// The kinds that accounts have. They are few.
pub async fn all(db: &Db) -> Result<Vec<HashKind>> {
    let statement =
        sql!("SELECT kind, accounts FROM hash_kinds WHERE accounts > 0 ORDER BY kind LIMIT 1000");
    db.all(statement, args![]).await
}

/// Counts that an account has the hash `new` instead of `old`, at the end of the transaction.
pub(crate) fn replace(db: &Db, old: Option<&str>, new: Option<&str>) -> Result<()> {
    // A count that has drifted never becomes negative.
    let statement = sql!(
        "INSERT INTO hash_kinds (kind, accounts)
         VALUES ($1, CASE WHEN CAST($2 AS BIGINT) > 0 THEN CAST($2 AS BIGINT) ELSE 0 END)
         ON CONFLICT (kind) DO UPDATE SET accounts =
             CASE WHEN hash_kinds.accounts + CAST($2 AS BIGINT) > 0
                  THEN hash_kinds.accounts + CAST($2 AS BIGINT) ELSE 0 END"
    );
    for (hash, by) in [(old, -1), (new, 1)] {
        if let Some(kind) = hash.and_then(phc::kind) {
            db.increment_last(statement, kind, by)?;
        }
    }
    Ok(())
}
