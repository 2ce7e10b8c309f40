//! The keys that sign tokens, their private halves sealed.

use domain::Time;

use crate::{Db, Result, args, entity, sql};

entity! {
    /// A signing key.
    pub struct SigningKey {
        /// The `kid` of tokens and key sets.
        pub id: String,
        pub algorithm: String,
        pub sealed: Vec<u8>,
        pub public: Vec<u8>,
        pub created_at: Time,
        pub retired_at: Option<Time>,
    }
}

/// All of them, the latest first.
pub async fn all(db: &Db) -> Result<Vec<SigningKey>> {
    let statement = sql!("SELECT ", columns!(), " FROM signing_keys ORDER BY created_at DESC, id");
    db.all(statement, args![]).await
}

/// False when another node was faster to make the current key of the algorithm.
pub async fn insert(db: &Db, key: &SigningKey) -> Result<bool> {
    let statement = sql!(
        "INSERT INTO signing_keys (",
        columns!(),
        ") VALUES (",
        placeholders!(),
        ") ON CONFLICT (algorithm) WHERE retired_at IS NULL DO NOTHING"
    );
    Ok(db.execute(statement, &values(key)).await? == 1)
}
