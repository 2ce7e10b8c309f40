//! What operators keep about people.

use std::sync::Arc;

use domain::{
    Code, Problem, Time, UserId,
    account::{User, metadata},
    event::Event,
};
use serde_json::Value;
use store::Db;

use crate::{
    App, Ctx, Error, Result,
    access::{
        caller::Caller,
        permission::{self, Action},
    },
    audit, revocations,
};

/// How often a change that others keep overtaking is tried.
const ROUNDS: usize = 5;

/// Somebody's account, for an operator.
pub async fn read(app: &App, caller: &Caller, id: UserId) -> Result<User> {
    permission::permit(caller, Action::Inspect)?;
    by_id(app, id).await
}

/// Changes `app_metadata` by a merge patch (RFC 7396).
pub async fn update(
    app: &App,
    ctx: &Ctx,
    caller: &Caller,
    id: UserId,
    patch: &Value,
) -> Result<Arc<User>> {
    permission::permit(caller, Action::Operate)?;
    for _ in 0..ROUNDS {
        let user = by_id(app, id).await?;
        let limit = app.settings.registration.metadata_limit;
        let merged = metadata::merge(&user.app_metadata, patch, limit)
            .map_err(|error| Problem::field("app_metadata", error.code, error.message))?;
        let read_at = user.updated_at;
        // Also where two changes fall into one microsecond: it is what the guard compares.
        let updated_at = ctx.now.max(Time(read_at.0.saturating_add(1)));
        let changed = User { app_metadata: merged, updated_at, ..user };
        if write(app, ctx, caller, &changed, read_at).await? {
            return Ok(Arc::new(changed));
        }
    }
    Err(Error::away("an account is changed too often at once"))
}

async fn by_id(app: &App, id: UserId) -> Result<User> {
    let found = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    found.ok_or_else(|| Code::NotFound.into())
}

/// False when somebody else was faster.
async fn write(app: &App, ctx: &Ctx, caller: &Caller, user: &User, read_at: Time) -> Result<bool> {
    let entry = audit::event(ctx, Event::MetadataUpdated)?
        .about(Some(user.id))
        .actor(caller.user.id)
        .in_session(caller.session.id);
    let (id, metadata, at, now) = (user.id, user.app_metadata.clone(), user.updated_at, ctx.now);
    let unit = async move |db: Db| {
        let written = store::users::set_app_metadata(&db, id, &metadata, read_at, at).await?;
        if written {
            audit::record(&db, &entry).await?;
            revocations::user(&db, id, now).await?;
        }
        Ok(written)
    };
    let written = app.store.write(unit).await?;
    if written {
        revocations::announced(app, &[], Some(id));
    }
    Ok(written)
}
