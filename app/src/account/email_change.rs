//! Change of email address: requested with the password, confirmed from the new address, undone
//! from the old one.

use std::sync::Arc;

use domain::{
    Code, Problem, Secret, Time, UserId,
    account::{Email, User},
    event::Event,
    notify::{Letter, link::Purpose},
    session::{EndReason, Session},
    settings::Limit,
};
use store::Db;

use super::deletion;
use crate::{
    App, Ctx, Error, Result,
    access::{Acting, Own, caller::Caller, guard, proof},
    audit::Entry,
    notify::{
        allowance,
        link::{self, Mailed},
    },
    random,
    session::tokens::{self, TokenPair},
    tx::Tx,
};

/// The number of tries to undo while others register the address.
const ROUNDS: usize = 5;

/// Mails a confirmation link to the new address.
pub async fn request(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    new_email: &str,
    password: Option<Secret>,
) -> Result<()> {
    let user = &acting.caller().user;
    let new = Email::parse(new_email).map_err(|it| Problem::of_field("new_email", it))?;
    if new == user.email {
        let message = domain::say!("This is your address already.");
        return Err(Problem::field("new_email", "unchanged", message).into());
    }
    proof::prove(app, ctx, acting, user, "password", password).await?;
    let is_free = is_free_for(app, &new, user.id).await?;
    if !is_free && !app.settings.privacy.is_strict() {
        return Err(taken());
    }
    let may_write = allowance::may_write_to(app, ctx, Letter::ChangeEmail, &new).await;
    let mailed = Mailed::to(app, ctx, user, Letter::ChangeEmail, &new)?;
    let unit = async move |tx: Tx| -> Result<()> {
        if may_write {
            // Even if nothing is sent: an older link that stays valid would show that the address
            // is known.
            mailed.void_older(&tx).await?;
        }
        if is_free && may_write {
            mailed.add(&tx).await?;
        }
        tx.audit(Event::EmailChangeRequested).await
    };
    app.write_as(ctx, acting, unit).await
}

async fn is_free_for(app: &App, email: &Email, user: UserId) -> Result<bool> {
    let name = email.canonical();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    // Another spelling of the own address is free.
    Ok(found.is_none_or(|it| it.id == user))
}

fn taken() -> Error {
    let message = domain::say!("A user with this email address already exists.");
    Problem::field("new_email", "email_taken", message).into()
}

/// Redeems the link and changes the address. Other sessions end. The session of the caller, if it
/// is of the same user, continues with the returned token pair.
pub async fn confirm(
    app: &App,
    ctx: &Ctx,
    caller: Option<&Caller>,
    token: &Secret,
) -> Result<Option<TokenPair>> {
    let purpose = Purpose::ChangeEmail;
    let (hash, found) = presented(app, ctx, token, purpose, Limit::EmailVerify).await?;
    let id = found.user_id;
    guard::about(app, ctx, id, Limit::EmailChangeConfirm).await?;
    let user = by_id(app, id).await?;
    if !user.is_usable() {
        return Err(Code::InvalidLink.into());
    }
    let new = Email::from(found.email);
    let caller = caller.filter(|it| it.user.id == id).cloned();
    let undo = Mailed::draft(app, ctx, &user, Letter::EmailChanged)?;
    let secret: [u8; 32] = random::bytes()?;
    let (old, address) = (user.email.clone(), new.clone());
    let unit = async move |tx: Tx| -> Result<_> {
        link::spend(&tx, id, &hash, purpose).await?;
        let has_proved_old = has_proved(&tx, id, &old).await?;
        let sets = store::users::set_email(&tx, id, old.as_str(), &address, tx.now());
        if !tx.changing(id, sets).await? {
            return Err(Code::InvalidLink.into());
        }
        tx.void_tokens_of(id).await?;
        // An unverified address may be a typing error, and somebody else's.
        if has_proved_old {
            undo.add_latest(&tx).await?;
        }
        tx.audit(Entry::by(Event::EmailChanged, id)).await?;
        let kept = match &caller {
            Some(caller) if tx.holds(caller).await? => Some(caller.session.id),
            _ => None,
        };
        let renewed = match kept {
            // A mailed link does not count as a step-up.
            Some(kept) => tx.renew_session(id, kept, &secret, None).await?,
            None => None,
        };
        tx.end_sessions_of(id, kept, EndReason::EmailChanged).await?;
        Ok(renewed)
    };
    let renewed = app.write(ctx, unit).await.map_err(address_conflicts)?;
    let user = User { email_verified_at: Some(ctx.now), ..with_address(user, new) };
    let user = Arc::new(user);
    let pair = |session: Session| tokens::issue(app, ctx, &user, &Arc::new(session));
    renewed.map(pair).transpose()
}

/// Read in the transaction, because the old address may have been verified since.
async fn has_proved(db: &Db, id: UserId, email: &Email) -> store::Result<bool> {
    let user = store::users::by_id(db, id).await?;
    Ok(user.is_some_and(|it| it.has_proved(email)))
}

/// Undoes a change, from the old address. Every session ends, the password, which an attacker may
/// know, is replaced, and a mail with a reset link is sent.
pub async fn undo(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let (purpose, limit) = (Purpose::UndoEmailChange, Limit::EmailChangeUndo);
    let (hash, found) = presented(app, ctx, token, purpose, limit).await?;
    let user = by_id(app, found.user_id).await?;
    let address = Email::from(found.email);
    // A random password that nobody knows, because only an account with a password can reset it.
    let unknown: [u8; 32] = random::bytes()?;
    let undo = Undo {
        id: user.id,
        hash,
        reset: Mailed::to(app, ctx, &user, Letter::ResetPassword, &address)?,
        address,
        unknown: app.hasher.hash(&domain::notify::link::token(&unknown)).await?,
        restorable_since: ctx.now - app.settings.accounts.deletion_grace,
    };
    for _ in 0..ROUNDS {
        let unit = undo.clone();
        match app.write(ctx, async move |tx: Tx| unit.write(&tx).await).await {
            // The address was registered in the meantime.
            Err(Error::Broken(cause)) if cause.is_conflict(ADDRESSES) => {}
            outcome => return outcome,
        }
    }
    Err(Error::away("too many concurrent registrations of one address"))
}

/// An undo to be written.
#[derive(Debug, Clone)]
struct Undo {
    id: UserId,
    hash: [u8; 32],
    address: Email,
    reset: Mailed,
    unknown: String,
    restorable_since: Time,
}

impl Undo {
    /// Also erases an unverified account that was made with the old address in the meantime.
    /// Otherwise anybody could block the undo by registering the address.
    async fn write(&self, tx: &Tx) -> Result<()> {
        let (id, now, purpose) = (self.id, tx.now(), Purpose::UndoEmailChange);
        let spent = link::spend(tx, id, &self.hash, purpose).await?;
        // Read under the lock: the attacker may be changing the address again.
        let user = store::users::by_id(tx, id).await?.ok_or(Code::InvalidLink)?;
        // The attacker may have deleted the account.
        if user.deleted_at.is_some() {
            let restores = store::users::restore(tx, id, self.restorable_since, now);
            if !tx.changing(id, restores).await? {
                return Err(Code::InvalidLink.into());
            }
        }
        let canonical = self.address.canonical();
        deletion::erase_unproved(tx, &canonical, id).await?;
        // Another account has verified the address since.
        if store::users::by_name(tx, &canonical).await?.is_some_and(|it| it.id != id) {
            return Err(Code::InvalidLink.into());
        }
        let (email, hash) = (user.email.as_str(), user.password_hash.as_deref());
        let restores = store::users::set_email(tx, id, email, &self.address, now);
        let is_restored = tx.changing(id, restores).await?;
        let voids = store::users::set_password(tx, id, hash, &self.unknown, now);
        if !is_restored || !tx.changing(id, voids).await? {
            return Err(Code::InvalidLink.into());
        }
        tx.void_tokens_of(id).await?;
        // Revokes undo links to addresses in between. Links to earlier addresses stay: they belong
        // to an earlier owner, and an attacker who undoes their own change must not revoke them.
        store::links::revoke_since(tx, id, purpose, spent.created_at).await?;
        self.reset.write(tx).await?;
        tx.audit(Entry::about(Event::EmailChangeUndone, id)).await?;
        tx.end_sessions_of(id, None, EndReason::EmailChanged).await.map(drop)
    }
}

async fn presented(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    purpose: Purpose,
    limit: Limit,
) -> Result<([u8; 32], store::links::Recipient)> {
    guard::anybody(app, ctx, limit).await?;
    let hash = link::presented("token", token)?;
    Ok((hash, link::presentable(app, ctx, hash, purpose).await?))
}

async fn by_id(app: &App, id: UserId) -> Result<User> {
    let found = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    found.ok_or_else(|| Code::InvalidLink.into())
}

fn with_address(user: User, email: Email) -> User {
    User { email_canonical: email.canonical(), email, ..user }
}

/// The unique index of addresses.
const ADDRESSES: &str = "users_email_canonical";

/// Reports an address that was taken since the request as an error of its field.
fn address_conflicts(error: Error) -> Error {
    match &error {
        Error::Broken(cause) if cause.is_conflict(ADDRESSES) => taken(),
        _ => error,
    }
}
