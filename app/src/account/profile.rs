//! Changes to a profile by its owner.

use std::sync::Arc;

use domain::{
    Code, Time,
    account::{User, metadata, phone, profile, profile::AccountChange, username},
    event::Event,
    problem::FieldErrors,
};

use super::names;
use crate::{
    App, Ctx, Error, Result,
    access::{Acting, Own},
    tx::Tx,
};

/// The number of tries while concurrent changes win.
const ROUNDS: usize = 5;

/// Changes the caller's own account. Fields that are not sent keep their values.
pub async fn update(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    change: &AccountChange,
) -> Result<Arc<User>> {
    let id = acting.caller().user.id;
    for _ in 0..ROUNDS {
        let found = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
        let current = found.filter(User::is_usable).ok_or(Code::SessionEnded)?;
        let read_at = current.updated_at;
        let mut changed = apply(&current, change, app.settings.registration.metadata_limit)?;
        // The guard of the UPDATE compares it, so it must differ even within one microsecond.
        changed.updated_at = ctx.now.max(Time(read_at.0.saturating_add(1)));
        if write(app, ctx, acting, &changed, read_at).await? {
            return Ok(Arc::new(changed));
        }
    }
    Err(Error::away("too many concurrent changes of one account"))
}

fn apply(user: &User, change: &AccountChange, metadata_limit: usize) -> Result<User> {
    let (mut user, mut errors) = (user.clone(), FieldErrors::default());
    if let Some(text) = &change.first_name {
        user.first_name = errors.take("first_name", profile::name(text)).unwrap_or_default();
    }
    if let Some(text) = &change.last_name {
        user.last_name = errors.take("last_name", profile::name(text)).unwrap_or_default();
    }
    if let Some(text) = &change.username {
        user.username = match text.trim() {
            "" => None,
            text => errors.take("username", username::parse(text)),
        };
    }
    if let Some(text) = &change.phone_number {
        let number = match text.trim() {
            "" => None,
            text => errors.take("phone_number", phone::parse(text)),
        };
        if number != user.phone_number {
            user.phone_verified_at = None;
        }
        user.phone_number = number;
    }
    user.profile.apply(&change.profile, &mut errors);
    if let Some(patch) = &change.user_metadata {
        let merged = metadata::merge(&user.user_metadata, patch, metadata_limit);
        user.user_metadata = errors.take("user_metadata", merged).unwrap_or_default();
    }
    errors.check()?;
    Ok(user)
}

/// Returns false if a concurrent change was faster.
async fn write(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    user: &User,
    read_at: Time,
) -> Result<bool> {
    let (user, is_strict) = (user.clone(), app.settings.privacy.is_strict());
    let unit = async move |tx: Tx| -> Result<_> {
        names::claim_username(&tx, is_strict, &user).await?;
        let sets = store::users::set_profile(&tx, &user, read_at);
        let written = tx.changing(user.id, sets).await?;
        if written {
            tx.audit(Event::ProfileUpdated).await?;
        }
        Ok(written)
    };
    match app.write_as(ctx, acting, unit).await {
        // Of two concurrent requests for one name, the unique index refuses one.
        Err(Error::Broken(cause)) if cause.is_conflict("users_username") => Ok(false),
        written => written,
    }
}
