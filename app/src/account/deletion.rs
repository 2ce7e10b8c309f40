//! Deleting an account: its owner asks, can come back within the grace, and is erased after it.
//!
//! Deleting sets a time, ends and voids everything and mails a way back. A schedule erases the row when
//! the grace is over, and all that hangs on it. See docs/decisions/0012.

use domain::{
    Code, Problem, Secret, Time, UserId,
    account::User,
    event::Event,
    notify::{Letter, link::Purpose},
    session::EndReason,
    settings::Limit,
};
use store::{Db, links::Link, users::Erasable};

use crate::{
    App, Ctx, Result,
    access::{Acting, Own, fresh, guard, proof},
    audit::Entry,
    notify::link::{self, Mailed},
    random,
    tx::Tx,
};

/// The number of accounts in one query.
const BATCH: i64 = 100;

/// The links that restore an account: from the mail, and from a sign-in.
const RESTORE_PURPOSES: [Purpose; 2] = [Purpose::RestoreAccount, Purpose::OfferRestore];

/// Deletes the own account, after a password or a fresh sign-in. Returns when it will be erased.
pub async fn request(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    password: Option<Secret>,
) -> Result<Time> {
    let user = &acting.caller().user;
    match password.filter(|it| !it.is_empty()) {
        Some(given) => proof::prove(app, ctx, acting, user, "password", Some(given)).await?,
        None => fresh::require(ctx, acting)?,
    }
    let mailed = Mailed::draft(app, ctx, user, Letter::AccountDeleted)?;
    let id = user.id;
    let unit = async move |tx: Tx| -> Result<()> {
        if !tx.changing(id, store::users::delete(&tx, id, tx.now())).await? {
            return Err(Code::SessionEnded.into());
        }
        tx.void_tokens_of(id).await?;
        mailed.write(&tx).await?;
        tx.audit(Event::AccountDeleted).await?;
        tx.end_sessions_of(id, None, EndReason::AccountDeleted).await.map(drop)
    };
    app.write_as(ctx, acting, unit).await?;
    Ok(ctx.now + app.settings.accounts.deletion_grace)
}

/// A restore token for the owner of a deleted account who signs in, to be written.
#[derive(Debug, Clone)]
pub(crate) struct RestoreOffer {
    link: Link,
    token: Secret,
    deleted_at: Option<Time>,
}

impl RestoreOffer {
    pub fn draft(app: &App, ctx: &Ctx, user: &User) -> Result<RestoreOffer> {
        let (link, token) = link::draft(app, ctx, user, Purpose::OfferRestore, &user.email)?;
        Ok(RestoreOffer { link, token, deleted_at: user.deleted_at })
    }

    /// Revokes older offers, but not the mailed link: whoever knows the password must not lock out
    /// whoever owns the mailbox. Returns false if the account was restored or erased since it was
    /// read.
    pub async fn write(&self, tx: &Tx) -> Result<bool> {
        let id = self.link.user_id;
        tx.lock("users", id).await?;
        let user = store::users::by_id(tx, id).await?;
        if user.is_none_or(|it| it.deleted_at != self.deleted_at) {
            return Ok(false);
        }
        store::links::revoke(tx, id, Purpose::OfferRestore).await?;
        store::links::insert(tx, &self.link).await?;
        Ok(true)
    }

    /// The refusal that contains the token.
    pub fn problem(self) -> Problem {
        Problem { restore_token: Some(self.token), ..Problem::from(Code::AccountDeleted) }
    }
}

/// Restores a deleted account.
pub async fn restore(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    guard::anybody(app, ctx, Limit::AccountRestore).await?;
    let hash = link::presented("token", token)?;
    let (purpose, id) = find_restore_link(app, ctx, hash).await?;
    let since = ctx.now - app.settings.accounts.deletion_grace;
    let unit = async move |tx: Tx| -> Result<()> {
        link::spend(&tx, id, &hash, purpose).await?;
        if !tx.changing(id, store::users::restore(&tx, id, since, tx.now())).await? {
            return Err(Code::InvalidLink.into());
        }
        for it in RESTORE_PURPOSES {
            store::links::revoke(&tx, id, it).await?;
        }
        tx.audit(Entry::by(Event::AccountRestored, id)).await
    };
    app.write(ctx, unit).await
}

/// The purpose of a restore token, and its user.
async fn find_restore_link(app: &App, ctx: &Ctx, hash: [u8; 32]) -> Result<(Purpose, UserId)> {
    for purpose in RESTORE_PURPOSES {
        let (found, now) = (hash, ctx.now);
        let unit = async move |db: Db| store::links::by_hash(&db, &found, purpose, now).await;
        if let Some(found) = app.store.get(unit).await? {
            return Ok((purpose, found.user_id));
        }
    }
    Err(Code::InvalidLink.into())
}

/// Erases every account whose grace has ended: its rows, and personal data in the audit log.
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
    let (id, ctx) = (due.id, Ctx::local(now, random::request_id(now)));
    let unit = async move |tx: Tx| {
        // It was restored in the meantime.
        if !tx.changing(id, store::users::erase(&tx, id, before)).await? {
            return Ok(());
        }
        erase_related(&tx, id, &due.email_canonical).await?;
        tx.audit(Entry::about(Event::AccountErased, id)).await
    };
    app.write(&ctx, unit).await
}

/// Erases an account that has an address without having verified it, because the address is
/// returned to `owner`.
pub(crate) async fn erase_unproved(tx: &Tx, email_canonical: &str, owner: UserId) -> Result<()> {
    let Some(id) = store::users::erase_unproved(tx, email_canonical, owner).await? else {
        return Ok(());
    };
    tx.changed(id);
    erase_related(tx, id, email_canonical).await?;
    // The audit row of an erasure must contain no personal data.
    tx.audit_locally(Entry::about(Event::AccountErased, id)).await
}

/// Deletes what no foreign key deletes with the user.
async fn erase_related(db: &Db, id: UserId, email_canonical: &str) -> Result<()> {
    store::invitations::delete_for(db, email_canonical).await?;
    Ok(store::events::forget_person(db, id).await.map(drop)?)
}
