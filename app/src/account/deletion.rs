//! Deleting an account: its owner asks, can come back within the grace, and is erased after it.

use domain::{
    Code, Problem, Secret, Time, UserId, account::User, event::Event, notify::link::Purpose,
    session::EndReason,
};
use store::{Db, links::Link, users::Erasable};

use crate::{
    App, Ctx, Result,
    access::{
        caller::{self, Caller},
        fresh,
        limits::{self, Limit},
    },
    audit,
    factor::password,
    notify::link::{self, Mailed},
    queue::{self},
    random, revocations,
    session::sessions,
};
use domain::notify::Letter;

/// How many accounts are looked for at once.
const BATCH: i64 = 100;

/// By the mail, and by signing in.
const WAYS_BACK: [Purpose; 2] = [Purpose::RestoreAccount, Purpose::OfferRestore];

/// Deletes the caller's account, for the password or right after signing in. Gives when it will be
/// erased.
pub async fn request(app: &App, ctx: &Ctx, caller: &Caller, given: Option<Secret>) -> Result<Time> {
    let limit = Limit { name: "account_delete", rate: app.settings.limits.account_delete };
    limits::keep(limits::take(app, ctx, limit, &caller.user.id.to_string()).await?);
    match given.filter(|it| !it.is_empty()) {
        Some(given) => password::prove(app, ctx, caller, ("password", Some(given))).await?,
        None => fresh::require_fresh(ctx, caller)?,
    }
    let mailed = Mailed::draft(app, ctx, &caller.user, Letter::AccountDeleted)?;
    let entry =
        audit::event(ctx, Event::AccountDeleted)?.by(caller.user.id).in_session(caller.session.id);
    let (id, now, who) = (caller.user.id, ctx.now, caller.clone());
    let ended = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            caller::hold(&db, &who, now).await?;
            if !store::users::delete(&db, id, now).await? {
                return Err(Code::SessionEnded.into());
            }
            store::links::revoke_all(&db, id).await?;
            mailed.write(&db).await?;
            audit::record(&db, &entry).await?;
            let reason = EndReason::AccountDeleted;
            let ended = store::sessions::end_all(&db, id, None, reason, now).await?;
            let ended = sessions::revoke(&db, &ended, now).await?;
            revocations::user(&db, id, now).await?;
            Ok(ended)
        })
        .await?;
    revocations::announced(app, &ended, Some(id));
    queue::wake(app);
    Ok(now + app.settings.accounts.deletion_grace)
}

/// Whether somebody who knows the password can still come back.
pub(crate) fn is_restorable(app: &App, ctx: &Ctx, user: &User) -> bool {
    let grace = app.settings.accounts.deletion_grace;
    user.is_active && user.deleted_at.is_some_and(|it| ctx.now < it + grace)
}

/// A way back for the owner of a deleted account who signs in, yet to be written down.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    link: Link,
    token: Secret,
    deleted_at: Option<Time>,
}

impl Offer {
    pub fn draft(app: &App, ctx: &Ctx, user: &User) -> Result<Offer> {
        let (link, token) = link::draft(app, ctx, user, Purpose::OfferRestore, &user.email)?;
        Ok(Offer { link, token, deleted_at: user.deleted_at })
    }

    /// Voids the older offers, and not the mail's: whoever knows the password must not close the way
    /// back of whoever has the mailbox. False: the account has been restored or erased
    /// since it was read.
    pub async fn write(&self, db: &Db) -> store::Result<bool> {
        let id = self.link.user_id;
        db.lock("users", id).await?;
        let user = store::users::by_id(db, id).await?;
        if user.is_none_or(|it| it.deleted_at != self.deleted_at) {
            return Ok(false);
        }
        store::links::revoke(db, id, Purpose::OfferRestore).await?;
        store::links::insert(db, &self.link).await?;
        Ok(true)
    }

    /// The refusal that holds it.
    pub fn problem(self) -> Problem {
        Problem { restore_token: Some(self.token), ..Problem::from(Code::AccountDeleted) }
    }
}

/// The mail with a way back, for whoever asked for a new password.
pub(crate) async fn mail_offer(app: &App, ctx: &Ctx, user: &User) -> Result<()> {
    let mailed = Mailed::draft(app, ctx, user, Letter::AccountDeleted)?;
    app.store.write(async move |db| mailed.write(&db).await).await?;
    queue::wake(app);
    Ok(())
}

/// Brings a deleted account back.
pub async fn restore(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let limit = Limit { name: "email_verify", rate: app.settings.limits.email_verify };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let (hash, now) = (link::presented("token", token)?, ctx.now);
    let (purpose, id) = look(app, ctx, hash).await?;
    let entry = audit::event(ctx, Event::AccountRestored)?.by(id);
    let since = now - app.settings.accounts.deletion_grace;
    app.store
        .attempt(async move |db: Db| -> Result<()> {
            link::spend(&db, id, &hash, purpose, now).await?;
            if !store::users::restore(&db, id, since, now).await? {
                return Err(Code::InvalidLink.into());
            }
            for it in WAYS_BACK {
                store::links::revoke(&db, id, it).await?;
            }
            audit::record(&db, &entry).await?;
            Ok(revocations::user(&db, id, now).await?)
        })
        .await?;
    revocations::announced(app, &[], Some(id));
    Ok(())
}

/// Which of the ways back it is, and whose.
async fn look(app: &App, ctx: &Ctx, hash: [u8; 32]) -> Result<(Purpose, UserId)> {
    for purpose in WAYS_BACK {
        let (found, now) = (hash, ctx.now);
        let unit = async move |db: Db| store::links::by_hash(&db, &found, purpose, now).await;
        if let Some(found) = app.store.get(unit).await? {
            return Ok((purpose, found.user_id));
        }
    }
    Err(Code::InvalidLink.into())
}

/// Erases every account whose grace is over: what is theirs goes, and of the audit log what is
/// personal.
pub(crate) async fn erase_due(app: &App, now: Time) -> Result<()> {
    let before = now - app.settings.accounts.deletion_grace;
    loop {
        let unit = async move |db: Db| store::users::erasable(&db, before, BATCH).await;
        let due = app.store.get(unit).await?;
        for it in &due {
            erase(app, it.clone(), before, now).await?;
        }
        if i64::try_from(due.len()).is_ok_and(|it| it < BATCH) {
            return Ok(());
        }
    }
}

async fn erase(app: &App, due: Erasable, before: Time, now: Time) -> Result<()> {
    let id = due.id;
    let ctx = Ctx::local(now, random::request_id(now));
    let entry = audit::event(&ctx, Event::AccountErased)?.about(Some(id));
    app.store
        .write(async move |db| {
            // Restored a moment ago.
            if !store::users::erase(&db, id, before).await? {
                return Ok(());
            }
            forget(&db, id, &due.email_canonical).await?;
            audit::record(&db, &entry).await?;
            revocations::user(&db, id, now).await
        })
        .await?;
    revocations::announced(app, &[], Some(id));
    Ok(())
}

/// Erases whoever has an address without having proved it, as it is `owner`'s again; `entry` is told
/// about them. Gives who that was; they are yet to be announced.
pub(crate) async fn erase_unproved(
    db: &Db,
    email_canonical: &str,
    owner: UserId,
    entry: &audit::Entry,
) -> store::Result<Option<UserId>> {
    let Some(id) = store::users::erase_unproved(db, email_canonical, owner).await? else {
        return Ok(None);
    };
    forget(db, id, email_canonical).await?;
    audit::record(db, &entry.clone().about(Some(id))).await?;
    Ok(Some(id))
}

/// What does not hang on the row of somebody who is erased.
async fn forget(db: &Db, id: UserId, email_canonical: &str) -> store::Result<()> {
    store::invitations::delete_for(db, email_canonical).await?;
    store::events::forget_person(db, id).await.map(drop)
}
