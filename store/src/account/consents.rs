//! Consents to documents.

use domain::{ConsentId, Time, UserId};

use crate::{Db, Result, args, entity, sql};

entity! {
    /// A consent to a version of a document.
    pub struct Consent {
        pub id: ConsentId,
        pub user_id: UserId,
        /// `terms` or `privacy_policy`
        pub document: String,
        pub version: String,
        pub ip_address: String,
        pub user_agent: String,
        pub accepted_at: Time,
    }
}

pub async fn insert(db: &Db, consent: &Consent) -> Result<u64> {
    let statement = sql!("INSERT INTO consents (", columns!(), ") VALUES (", placeholders!(), ")");
    db.execute(statement, &values(consent)).await
}

/// A user's consents, the earliest first. They are few.
pub async fn of_user(db: &Db, user: UserId) -> Result<Vec<Consent>> {
    let statement =
        sql!("SELECT ", columns!(), " FROM consents WHERE user_id = $1 ORDER BY id LIMIT 1000");
    db.all(statement, args![user]).await
}
