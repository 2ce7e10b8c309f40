//! Whose a username is. Where `privacy.enumeration` is strict, it belongs to whoever has it and has
//! proved an address; any other account loses it to whoever asks next.

use domain::{Problem, Time, UserId, account::User};
use store::Db;

use crate::{App, Result};

pub(crate) fn taken() -> Problem {
    Problem::field("username", "username_taken", "This username is taken.")
}

/// Refuses a username that somebody else keeps.
pub(crate) async fn check(app: &App, user: &User) -> Result<()> {
    let Some(name) = user.username.clone() else { return Ok(()) };
    let (id, is_strict) = (user.id, app.settings.privacy.is_strict());
    let unit = async move |db: Db| store::users::is_username_taken(&db, &name, id, is_strict).await;
    match app.store.get(unit).await? {
        true => Err(taken().into()),
        false => Ok(()),
    }
}

/// Makes the username of `user` free for it, in the transaction that then writes `user`. Gives who
/// lost it, for `revocations::user` at the end of that transaction.
pub(crate) async fn take(
    db: &Db,
    is_strict: bool,
    user: &User,
    now: Time,
) -> Result<Option<UserId>> {
    let Some(name) = &user.username else { return Ok(None) };
    let released = match is_strict {
        true => store::users::release_username(db, name, user.id, now).await?,
        false => None,
    };
    match store::users::is_username_taken(db, name, user.id, is_strict).await? {
        true => Err(taken().into()),
        false => Ok(released),
    }
}
