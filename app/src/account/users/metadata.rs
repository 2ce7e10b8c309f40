//! `app_metadata`, which operators keep about users.

use std::sync::Arc;

use domain::{
    Code, Problem, Time, UserId,
    account::{User, metadata},
    event::Event,
};
use serde_json::Value;

use crate::{
    App, Ctx, Error, Result,
    access::{Acting, Admin, permission::Permission},
    audit::Entry,
    tx::Tx,
};

/// The number of tries while concurrent changes win.
const ROUNDS: usize = 5;

/// One account.
pub async fn read(app: &App, acting: &Acting<Admin>, id: UserId) -> Result<User> {
    acting.require(Permission::ReadUsers)?;
    existing(app, id).await
}

async fn existing(app: &App, id: UserId) -> Result<User> {
    super::by_id(app, id).await?.ok_or_else(|| Code::NotFound.into())
}

/// Changes `app_metadata` by a merge patch (RFC 7396).
pub async fn update_metadata(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
    patch: &Value,
) -> Result<Arc<User>> {
    acting.require(Permission::WriteUsers)?;
    for _ in 0..ROUNDS {
        let user = existing(app, id).await?;
        let limit = app.settings.registration.metadata_limit;
        let merged = metadata::merge(&user.app_metadata, patch, limit)
            .map_err(|error| Problem::of_field("app_metadata", error))?;
        let read_at = user.updated_at;
        // The guard of the UPDATE compares it, so it must differ even within one microsecond.
        let updated_at = ctx.now.max(Time(read_at.0.saturating_add(1)));
        let changed = User { app_metadata: merged, updated_at, ..user };
        if write(app, ctx, acting, &changed, read_at).await? {
            return Ok(Arc::new(changed));
        }
    }
    Err(Error::away("too many concurrent changes of one account"))
}

/// Returns false if a concurrent change was faster.
async fn write(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    user: &User,
    read_at: Time,
) -> Result<bool> {
    let (id, metadata, at) = (user.id, user.app_metadata.clone(), user.updated_at);
    let unit = async move |tx: Tx| {
        let sets = store::users::set_app_metadata(&tx, id, &metadata, read_at, at);
        let written = tx.changing(id, sets).await?;
        if written {
            tx.audit(Entry::about(Event::MetadataUpdated, id)).await?;
        }
        Ok(written)
    };
    app.write_as(ctx, acting, unit).await
}
