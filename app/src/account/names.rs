//! Ownership of addresses and usernames. Where `privacy.enumeration` is strict, only an account
//! with a verified address owns its username; any other account loses it to the next one that asks
//! for it.

use domain::{Problem, UserId, account::User, say};
use store::Db;

use crate::{App, Result, tx::Tx};

pub(crate) fn email_taken() -> Problem {
    Problem::field("email", "email_taken", say!("A user with this email address already exists."))
}

/// The account that has the address of `user`.
pub(crate) async fn email_owner(app: &App, user: &User) -> Result<Option<User>> {
    let name = user.email_canonical.clone();
    Ok(app.store.get(async move |db| store::users::by_name(&db, &name).await).await?)
}

pub(crate) fn username_taken() -> Problem {
    Problem::field("username", "username_taken", say!("This username is taken."))
}

/// Refuses a username that another account owns.
pub(crate) async fn check_username(app: &App, user: &User) -> Result<()> {
    let Some(name) = user.username.clone() else { return Ok(()) };
    let (id, is_strict) = (user.id, app.settings.privacy.is_strict());
    let unit = async move |db: Db| store::users::is_username_taken(&db, &name, id, is_strict).await;
    if app.store.get(unit).await? { Err(username_taken().into()) } else { Ok(()) }
}

/// Takes the username of `user` from an account that does not own it, in the transaction that then
/// writes `user`. Refuses one that another account owns.
pub(crate) async fn claim_username(tx: &Tx, is_strict: bool, user: &User) -> Result<()> {
    let Some(name) = &user.username else { return Ok(()) };
    if is_strict {
        let released = store::users::release_username(tx, name, user.id, tx.now()).await?;
        released.into_iter().for_each(|it: UserId| tx.changed(it));
    }
    if store::users::is_username_taken(tx, name, user.id, is_strict).await? {
        Err(username_taken().into())
    } else {
        Ok(())
    }
}
