//! The table of the samples again, in the domain's types.

use domain::{
    SessionId, UserId,
    account::{Email, Profile},
};
use store::{Db, Result, args, entity, sql};

/// As a struct of the domain would be: defined without a macro.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    pub id: UserId,
    pub text: Email,
    pub json: Profile,
    pub no_id: Option<SessionId>,
}

entity! {
    self::Typed { id, text, json, no_id }
}

pub async fn set(db: &Db, it: &Typed) -> Result<u64> {
    db.execute(
        sql!("UPDATE samples SET text = $2, json = $3, no_id = $4 WHERE id = $1"),
        &values(it),
    )
    .await
}

pub async fn by_id(db: &Db, id: UserId) -> Result<Option<Typed>> {
    db.optional(sql!("SELECT ", columns!(), " FROM samples WHERE id = $1"), args![id]).await
}
