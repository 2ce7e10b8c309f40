//! Accounts as operators and admins manage them.

mod metadata;

use domain::{
    Code, Secret, UserId,
    account::{Email, User, username},
    event::Event,
    notify::Letter,
    problem::FieldErrors,
    session::{EndReason, Session},
};
use store::Db;

pub use self::metadata::{read, update_metadata};
use super::{
    names,
    registration::{name, optional},
};
use crate::{
    App, Ctx, Error, Result,
    access::{Acting, Admin, lockout::Unlock, permission::Permission},
    audit::Entry,
    factor::password,
    notify::link::Mailed,
    random,
    tx::Tx,
};

/// Finds a user by id, address or username.
pub async fn find(app: &App, acting: &Acting<Admin>, who: &str) -> Result<Option<User>> {
    acting.require(Permission::ReadUsers)?;
    if let Ok(id) = who.trim().parse::<UserId>() {
        return by_id(app, id).await;
    }
    let name = match Email::parse(who) {
        Ok(email) => email.canonical(),
        Err(_) => username::parse(who).unwrap_or_else(|_| who.trim().to_lowercase()),
    };
    Ok(app.store.get(async move |db| store::users::by_name(&db, &name).await).await?)
}

async fn by_id(app: &App, id: UserId) -> Result<Option<User>> {
    Ok(app.store.get(async move |db| store::users::by_id(&db, id).await).await?)
}

async fn existing(app: &App, id: UserId) -> Result<User> {
    let user = by_id(app, id).await?.filter(|it| it.deleted_at.is_none());
    Ok(user.ok_or(Code::NotFound)?)
}

/// A user and their live sessions.
#[derive(Debug, Clone)]
pub struct Details {
    pub user: User,
    pub sessions: Vec<Session>,
}

/// Reads a user and their live sessions.
pub async fn show(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<Option<Details>> {
    acting.require(Permission::ReadUsers)?;
    let now = ctx.now;
    let unit = async move |db: Db| {
        let Some(user) = store::users::by_id(&db, id).await? else { return Ok(None) };
        let sessions = store::sessions::of_user(&db, id, now).await?;
        Ok(Some(Details { user, sessions }))
    };
    Ok(app.store.read(unit).await?)
}

/// The fields of a new account.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub email: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// Without a password, a mail with a link to set one is sent.
    pub password: Option<Secret>,
    /// The address counts as verified. If false, and with a password, a verification mail is sent.
    pub email_verified: bool,
    /// A superuser has every permission.
    pub is_superuser: bool,
}

impl NewUser {
    /// A superuser with a verified address.
    pub fn superuser(email: String, password: Secret) -> NewUser {
        NewUser {
            email,
            password: Some(password),
            email_verified: true,
            is_superuser: true,
            ..NewUser::default()
        }
    }
}

/// Makes an account.
pub async fn create(app: &App, ctx: &Ctx, acting: &Acting<Admin>, new: NewUser) -> Result<User> {
    acting.require(Permission::WriteUsers)?;
    let letter = match (&new.password, new.email_verified) {
        (None, _) => Some(Letter::ResetPassword),
        (Some(_), false) => Some(Letter::VerifyEmail),
        (Some(_), true) => None,
    };
    let mut errors = FieldErrors::default();
    let typed = |it| password::typed(&mut errors, "password", Some(it), "password", None);
    let password = new.password.clone().map(typed);
    errors.check()?;
    let mut user = parse(ctx, new)?;
    if let Some(password) = &password {
        password::check(app, "password", &user, password).await?;
        user.password_hash = Some(app.hasher.hash(password).await?);
    }
    let mailed = letter.map(|it| Mailed::draft(app, ctx, &user, it)).transpose()?;
    let entry = Entry::about(Event::UserRegistered, user.id);
    let entry = if user.is_superuser { entry.with("is_superuser", true) } else { entry };
    add(app, ctx, acting, &user, entry, mailed).await?;
    Ok(user)
}

fn parse(ctx: &Ctx, new: NewUser) -> Result<User> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", Email::parse(&new.email));
    let username = optional(&mut errors, "username", new.username, username::parse);
    let first_name = name(&mut errors, "first_name", Some(new.first_name));
    let last_name = name(&mut errors, "last_name", Some(new.last_name));
    errors.check()?;
    let email = email.ok_or_else(|| Error::from(Code::Validation))?;
    Ok(User {
        username,
        first_name,
        last_name,
        is_staff: new.is_superuser,
        is_superuser: new.is_superuser,
        email_verified_at: new.email_verified.then_some(ctx.now),
        ..User::new(UserId::new(ctx.now, random::bytes()?), email, ctx.now)
    })
}

/// Writes a new account and queues its mail. A taken name is an error of its field.
async fn add(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    user: &User,
    entry: Entry,
    mailed: Option<Mailed>,
) -> Result<()> {
    let (user, is_strict) = (user.clone(), app.settings.privacy.is_strict());
    let unit = async move |tx: Tx| -> Result<()> {
        refuse_known(&tx, &user).await?;
        names::claim_username(&tx, is_strict, &user).await?;
        if !store::users::insert(&tx, &user).await? {
            // A concurrent request has taken the address or the username.
            refuse_known(&tx, &user).await?;
            return Err(names::username_taken().into());
        }
        tx.audit(entry).await?;
        match &mailed {
            Some(mailed) => mailed.write(&tx).await,
            None => Ok(()),
        }
    };
    app.write_as(ctx, acting, unit).await
}

async fn refuse_known(db: &Db, user: &User) -> Result<()> {
    match store::users::by_name(db, &user.email_canonical).await? {
        Some(_) => Err(names::email_taken().into()),
        None => Ok(()),
    }
}

/// Mails a link to set a password, even if the account has none.
pub async fn send_reset(app: &App, ctx: &Ctx, acting: &Acting<Admin>, id: UserId) -> Result<()> {
    acting.require(Permission::WriteUsers)?;
    let user = existing(app, id).await?;
    if !user.is_usable() {
        return Err(Code::PermissionDenied
            .because(domain::say!("The account is disabled."))
            .into());
    }
    let mailed = Mailed::draft(app, ctx, &user, Letter::ResetPassword)?;
    let unit = async move |tx: Tx| {
        mailed.write(&tx).await?;
        tx.audit(Entry::about(Event::PasswordResetRequested, id)).await
    };
    app.write_as(ctx, acting, unit).await
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagedChange {
    /// It was made, and ended this many sessions.
    Applied { sessions: usize },
    /// Nothing had to change.
    Unchanged,
}

/// Disables an account. Its sessions end at once, and mailed links are void.
pub async fn disable(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<ManagedChange> {
    acting.require(Permission::WriteUsers)?;
    existing(app, id).await?;
    let unit = async move |tx: Tx| {
        tx.lock("users", id).await?;
        if !tx.changing(id, store::users::disable(&tx, id, tx.now())).await? {
            return Ok(ManagedChange::Unchanged);
        }
        tx.void_tokens_of(id).await?;
        let sessions = tx.end_sessions_of(id, None, EndReason::UserDisabled).await?;
        tx.audit(Entry::about(Event::UserDisabled, id).with("sessions", sessions)).await?;
        Ok(ManagedChange::Applied { sessions })
    };
    app.write_as(ctx, acting, unit).await
}

/// Enables an account. Its ended sessions stay ended.
pub async fn enable(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<ManagedChange> {
    acting.require(Permission::WriteUsers)?;
    existing(app, id).await?;
    let unit = async move |tx: Tx| {
        let is_new = tx.changing(id, store::users::enable(&tx, id, tx.now())).await?;
        audit_if(is_new, &tx, Entry::about(Event::UserEnabled, id)).await
    };
    app.write_as(ctx, acting, unit).await
}

/// Lifts a lockout, and forgets wrong passwords.
pub async fn unlock(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<ManagedChange> {
    acting.require(Permission::WriteUsers)?;
    let unlock = Unlock::of(app, &existing(app, id).await?);
    let unit = async move |tx: Tx| {
        let was_locked = unlock.write(&tx).await?;
        audit_if(was_locked, &tx, Entry::about(Event::AccountUnlocked, id)).await
    };
    app.write_as(ctx, acting, unit).await
}

/// Marks the address as verified.
pub async fn verify_email(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<ManagedChange> {
    acting.require(Permission::WriteUsers)?;
    let email = existing(app, id).await?.email;
    let unit = async move |tx: Tx| {
        let vouches = store::users::vouch_for_email(&tx, id, email.as_str(), tx.now());
        let is_new = tx.changing(id, vouches).await?;
        audit_if(is_new, &tx, Entry::about(Event::EmailVerified, id)).await
    };
    app.write_as(ctx, acting, unit).await
}

/// Writes the audit row if there was a change.
async fn audit_if(is_made: bool, tx: &Tx, entry: Entry) -> Result<ManagedChange> {
    if !is_made {
        return Ok(ManagedChange::Unchanged);
    }
    tx.audit(entry).await?;
    Ok(ManagedChange::Applied { sessions: 0 })
}

/// Ends all sessions of a user, and returns their number.
pub async fn end_sessions(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<usize> {
    acting.require(Permission::WriteUsers)?;
    existing(app, id).await?;
    let unit = async move |tx: Tx| {
        // Serializes with a concurrent sign-in.
        tx.lock("users", id).await?;
        let sessions = tx.end_sessions_of(id, None, EndReason::Revoked).await?;
        tx.audit(Entry::about(Event::SessionsEnded, id).with("sessions", sessions)).await?;
        Ok(sessions)
    };
    app.write_as(ctx, acting, unit).await
}
