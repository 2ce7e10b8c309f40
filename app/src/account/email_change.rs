//! Giving an account another address: asked for with the password, confirmed from the new address,
//! taken back from the old one.

use std::sync::Arc;

use domain::{
    Code, Problem, Secret, SessionId, Time, UserId,
    account::{Email, User},
    event::Event,
    notify::link::Purpose,
    session::{EndReason, Session},
};
use store::Db;

use crate::{
    App, Ctx, Error, Result,
    access::{
        caller::{self, Caller},
        limits::{self, Limit},
    },
    account::{deletion, email},
    audit,
    factor::password,
    notify::link::{self, Mailed},
    queue::{self},
    random, revocations,
    session::{
        sessions,
        tokens::{self, TokenPair},
    },
};
use domain::notify::Letter;

/// How often a change is taken back while others register the address at the same moment.
const ROUNDS: usize = 5;

/// Mails the new address a link that confirms it.
pub async fn request(
    app: &App,
    ctx: &Ctx,
    caller: &Caller,
    new_email: &str,
    password: Option<Secret>,
) -> Result<()> {
    let limit = Limit { name: "email_change", rate: app.settings.limits.email_change };
    limits::keep(limits::take(app, ctx, limit, &caller.user.id.to_string()).await?);
    let wrong = |code, message: &str| Error::from(Problem::field("new_email", code, message));
    let new = Email::parse(new_email).map_err(|it| wrong(it.code, &it.message))?;
    if new == caller.user.email {
        return Err(wrong("unchanged", "This is your address already."));
    }
    password::prove(app, ctx, caller, ("password", password)).await?;
    let is_free = is_free_for(app, &new, caller.user.id).await?;
    if !is_free && !app.settings.privacy.is_strict() {
        return Err(taken());
    }
    let may_write = email::may_write_to(app, ctx, Letter::ChangeEmail, &new).await;
    let mailed = Mailed::to(app, ctx, &caller.user, Letter::ChangeEmail, &new)?;
    let entry = audit::event(ctx, Event::EmailChangeRequested)?
        .by(caller.user.id)
        .in_session(caller.session.id);
    let (who, now) = (caller.clone(), ctx.now);
    app.store
        .attempt(async move |db: Db| -> Result<()> {
            caller::hold(&db, &who, now).await?;
            if may_write {
                // Also where nothing is sent: an older link that stays good would tell that the
                // address is known.
                mailed.void_older(&db).await?;
            }
            if is_free && may_write {
                mailed.add(&db).await?;
            }
            Ok(audit::record(&db, &entry).await?)
        })
        .await?;
    queue::wake(app);
    Ok(())
}

async fn is_free_for(app: &App, email: &Email, user: UserId) -> Result<bool> {
    let name = email.canonical();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    // Another spelling of one's own address is nobody else's.
    Ok(found.is_none_or(|it| it.id == user))
}

fn taken() -> Error {
    let message = "A user with this email address already exists.";
    Problem::field("new_email", "email_taken", message).into()
}

/// Spends the link: the account has the new address from now on. Other sessions end; the caller's,
/// if it is the same user's, goes on with the pair that is given back.
pub async fn confirm(
    app: &App,
    ctx: &Ctx,
    caller: Option<&Caller>,
    token: &Secret,
) -> Result<Option<TokenPair>> {
    let purpose = Purpose::ChangeEmail;
    let (hash, found) = presented(app, ctx, token, purpose).await?;
    let limit = Limit { name: "email_change_confirm", rate: app.settings.limits.email_change };
    limits::keep(limits::take(app, ctx, limit, &found.user_id.to_string()).await?);
    let user = owner(app, found.user_id).await?;
    let new = Email::from(found.email);
    let kept = caller.filter(|it| it.user.id == user.id).map(|it| it.session.id);
    let undo = Mailed::draft(app, ctx, &user, Letter::EmailChanged)?;
    let (secret, now): ([u8; 32], _) = (random::bytes()?, ctx.now);
    let entry = audit::event(ctx, Event::EmailChanged)?.by(user.id);
    let (id, old, address) = (user.id, user.email.clone(), new.clone());
    let outcome = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            link::spend(&db, id, &hash, purpose, now).await?;
            let has_proved_old = has_proved(&db, id, &old).await?;
            if !store::users::set_email(&db, id, old.as_str(), &address, now).await? {
                return Err(Code::InvalidLink.into());
            }
            store::links::revoke_all(&db, id).await?;
            // An address that nobody proved may be a typing error, and somebody else's.
            if has_proved_old {
                undo.add_latest(&db).await?;
            }
            audit::record(&db, &entry).await?;
            let renewed = match kept {
                // A mailed link is no step-up.
                Some(kept) => store::sessions::renew(&db, kept, id, &secret, None, now).await?,
                None => None,
            };
            let ended = end_others(&db, id, kept, now).await?;
            Ok((renewed, ended))
        })
        .await;
    let (renewed, ended) = outcome.map_err(address_conflicts)?;
    sessions::announce_change(app, id, &ended, kept);
    let user = Arc::new(User { email_verified_at: Some(now), ..with_address(user, new) });
    let pair = |session: Session| tokens::issue(app, ctx, &user, &Arc::new(session));
    renewed.map(pair).transpose()
}

/// The old address may have been proved since it was read.
async fn has_proved(db: &Db, id: UserId, email: &Email) -> store::Result<bool> {
    let user = store::users::by_id(db, id).await?;
    Ok(user.is_some_and(|it| it.has_proved(email)))
}

/// Takes a change back, from the old address: it is the account's again, every session ends, the
/// password that somebody else may know is void, and a mail leads to a new one.
pub async fn undo(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let (hash, found) = presented(app, ctx, token, Purpose::UndoEmailChange).await?;
    let user = by_id(app, found.user_id).await?;
    let address = Email::from(found.email);
    // Nobody knows it, and the account still has a password to be reset.
    let unknown: [u8; 32] = random::bytes()?;
    let way_back = WayBack {
        id: user.id,
        hash,
        reset: Mailed::to(app, ctx, &user, Letter::ResetPassword, &address)?,
        address,
        unknown: app.hasher.hash(&domain::notify::link::token(&unknown)).await?,
        entry: audit::event(ctx, Event::EmailChangeUndone)?.about(Some(user.id)),
        // What is written about somebody who is erased holds nothing personal.
        erased: audit::event(&Ctx::local(ctx.now, &ctx.request_id), Event::AccountErased)?,
        restorable_since: ctx.now - app.settings.accounts.deletion_grace,
        now: ctx.now,
    };
    for _ in 0..ROUNDS {
        let unit = way_back.clone();
        match app.store.attempt(async move |db: Db| unit.take(&db).await).await {
            Ok((ended, erased)) => {
                revocations::announced(app, &[], erased);
                sessions::announce_change(app, user.id, &ended, None);
                return Ok(());
            }
            // Registered a moment ago.
            Err(Error::Broken(cause)) if cause.is_conflict(ADDRESSES) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::away("an address is registered too often at once"))
}

/// A change that is yet to be taken back.
#[derive(Debug, Clone)]
struct WayBack {
    id: UserId,
    hash: [u8; 32],
    address: Email,
    reset: Mailed,
    unknown: String,
    entry: audit::Entry,
    /// About whoever made an account with the address meanwhile.
    erased: audit::Entry,
    restorable_since: Time,
    now: Time,
}

impl WayBack {
    /// Gives the sessions that ended, and who was erased because they had the address without having
    /// proved it: anybody could close the way back by registering it.
    async fn take(&self, db: &Db) -> Result<(Vec<SessionId>, Option<UserId>)> {
        let (id, now, purpose) = (self.id, self.now, Purpose::UndoEmailChange);
        let spent = link::spend(db, id, &self.hash, purpose, now).await?;
        // Read now that it is held: whoever took the address may be changing it once more.
        let user = store::users::by_id(db, id).await?.ok_or(Code::InvalidLink)?;
        // Whoever took the address may have deleted the account after it.
        if user.deleted_at.is_some()
            && !store::users::restore(db, id, self.restorable_since, now).await?
        {
            return Err(Code::InvalidLink.into());
        }
        let canonical = self.address.canonical();
        let erased = deletion::erase_unproved(db, &canonical, id, &self.erased).await?;
        // Somebody else has proved that it is theirs.
        if store::users::by_name(db, &canonical).await?.is_some_and(|it| it.id != id) {
            return Err(Code::InvalidLink.into());
        }
        let current = (user.email.as_str(), user.password_hash.as_deref());
        let is_restored = store::users::set_email(db, id, current.0, &self.address, now).await?;
        let is_void = store::users::set_password(db, id, current.1, &self.unknown, now).await?;
        if !is_restored || !is_void {
            return Err(Code::InvalidLink.into());
        }
        store::links::revoke_all(db, id).await?;
        // Those that lead back to an address in between. Those to an earlier one are an earlier
        // owner's: a thief who undoes a change of their own must not close them.
        store::links::revoke_since(db, id, purpose, spent.created_at).await?;
        self.reset.write(db).await?;
        audit::record(db, &self.entry).await?;
        let ended = end_others(db, id, None, now).await?;
        if let Some(erased) = erased {
            revocations::user(db, erased, now).await?;
        }
        Ok((ended, erased))
    }
}

async fn presented(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    purpose: Purpose,
) -> Result<([u8; 32], store::links::Recipient)> {
    let limit = Limit { name: "email_verify", rate: app.settings.limits.email_verify };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let hash = link::presented("token", token)?;
    Ok((hash, link::look(app, ctx, hash, purpose).await?))
}

async fn owner(app: &App, id: UserId) -> Result<User> {
    let user = by_id(app, id).await?;
    if user.is_usable() { Ok(user) } else { Err(Code::InvalidLink.into()) }
}

async fn by_id(app: &App, id: UserId) -> Result<User> {
    let found = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    found.ok_or_else(|| Code::InvalidLink.into())
}

fn with_address(user: User, email: Email) -> User {
    User { email_canonical: email.canonical(), email, ..user }
}

async fn end_others(
    db: &Db,
    user: UserId,
    kept: Option<SessionId>,
    now: Time,
) -> Result<Vec<SessionId>> {
    let reason = EndReason::EmailChanged;
    let ended = store::sessions::end_all(db, user, kept, reason, now).await?;
    let ended = sessions::revoke(db, &ended, now).await?;
    if let Some(kept) = kept {
        revocations::session(db, kept, now).await?;
    }
    revocations::user(db, user, now).await?;
    Ok(ended)
}

/// What a taken address is a conflict over.
const ADDRESSES: &str = "users_email_canonical";

/// Somebody else took the address since it was asked for.
fn address_conflicts(error: Error) -> Error {
    match &error {
        Error::Broken(cause) if cause.is_conflict(ADDRESSES) => taken(),
        _ => error,
    }
}
