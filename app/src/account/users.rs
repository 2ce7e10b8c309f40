//! Accounts as those who run the server manage them.

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

/// Who is meant by an id, an address or a username.
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

/// Somebody and the sessions they have.
#[derive(Debug, Clone)]
pub struct Details {
    pub user: User,
    pub sessions: Vec<Session>,
}

/// What is known of somebody.
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

/// Who is to have an account.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    pub email: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    /// Without one, a mail lets them choose it.
    pub password: Option<Secret>,
    /// Their address is taken for proved. Without that, and with a password, a mail asks for proof.
    pub email_verified: bool,
    /// They have every right.
    pub is_superuser: bool,
}

impl NewUser {
    /// Somebody with every right, their address taken for proved.
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

/// Makes an account for somebody.
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

/// Writes a new account down, with the mail that tells its owner. One that is taken is an error of
/// its field.
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
            // Somebody was faster, with the one or the other.
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

/// Sends somebody a mail that lets them choose a password, even if they have had none.
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

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagedChange {
    /// It is done; so many sessions ended with it.
    Applied { sessions: usize },
    /// It was so already.
    Unchanged,
}

/// Keeps somebody from signing in. Their sessions end at once, and links that were mailed to them
/// are void.
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

/// Lets somebody sign in again. The sessions they had stay over.
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

/// Lets somebody try passwords again, however many were wrong.
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

/// Takes somebody's address for proved.
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

/// Records a change, if there was any.
async fn audit_if(is_made: bool, tx: &Tx, entry: Entry) -> Result<ManagedChange> {
    if !is_made {
        return Ok(ManagedChange::Unchanged);
    }
    tx.audit(entry).await?;
    Ok(ManagedChange::Applied { sessions: 0 })
}

/// Ends all of somebody's sessions; gives how many that were.
pub async fn end_sessions(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Admin>,
    id: UserId,
) -> Result<usize> {
    acting.require(Permission::WriteUsers)?;
    existing(app, id).await?;
    let unit = async move |tx: Tx| {
        // A sign-in at the same moment is before or after it, not in between.
        tx.lock("users", id).await?;
        let sessions = tx.end_sessions_of(id, None, EndReason::Revoked).await?;
        tx.audit(Entry::about(Event::SessionsEnded, id).with("sessions", sessions)).await?;
        Ok(sessions)
    };
    app.write_as(ctx, acting, unit).await
}
