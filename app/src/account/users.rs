//! Accounts as those who run the server manage them. Whoever calls has seen to it that the caller
//! may.

use domain::{
    Code, Secret, SessionId, Time, UserId,
    account::{Email, User, username},
    event::Event,
    problem::FieldErrors,
    session::{EndReason, Session},
};
use store::Db;

use crate::{
    App, By, Ctx, Error, Result,
    account::{
        names,
        registration::{self, name, optional},
    },
    audit::{self, Entry},
    factor::password,
    notify::link::Mailed,
    queue::{self},
    random, revocations,
    session::sessions,
    sign_in::lockout::Unlock,
};
use domain::notify::Letter;

/// Who is meant by an id, an address or a username.
pub async fn find(app: &App, who: &str) -> Result<Option<User>> {
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

async fn known(app: &App, id: UserId) -> Result<User> {
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
pub async fn show(app: &App, ctx: &Ctx, id: UserId) -> Result<Option<Details>> {
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
pub async fn create(app: &App, ctx: &Ctx, by: By, new: NewUser) -> Result<User> {
    let letter = match (&new.password, new.email_verified) {
        (None, _) => Some(Letter::ResetPassword),
        (Some(_), false) => Some(Letter::VerifyEmail),
        (Some(_), true) => None,
    };
    let mut errors = FieldErrors::default();
    let typed = |it| password::typed(&mut errors, ("password", Some(it)), ("password", None));
    let password = new.password.clone().map(typed);
    errors.check()?;
    let mut user = read(ctx, new)?;
    if let Some(password) = &password {
        password::check(app, "password", &user, password).await?;
        user.password_hash = Some(app.hasher.hash(password).await?);
    }
    let mailed = letter.map(|it| Mailed::draft(app, ctx, &user, it)).transpose()?;
    let entry = audit::event(ctx, Event::UserRegistered)?.about(Some(user.id)).done(by);
    let entry = match user.is_superuser {
        true => entry.with("is_superuser", true),
        false => entry,
    };
    add(app, ctx, &user, entry, mailed).await?;
    queue::wake(app);
    Ok(user)
}

fn read(ctx: &Ctx, new: NewUser) -> Result<User> {
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
    user: &User,
    entry: Entry,
    mailed: Option<Mailed>,
) -> Result<()> {
    let (user, now, is_strict) = (user.clone(), ctx.now, app.settings.privacy.is_strict());
    let unit = async move |db: Db| -> Result<_> {
        refuse_known(&db, &user).await?;
        let released = names::take(&db, is_strict, &user, now).await?;
        if !store::users::insert(&db, &user).await? {
            // Somebody was faster, with the one or the other.
            refuse_known(&db, &user).await?;
            return Err(names::taken().into());
        }
        audit::record(&db, &entry).await?;
        if let Some(mailed) = &mailed {
            mailed.write(&db).await?;
        }
        if let Some(released) = released {
            revocations::user(&db, released, now).await?;
        }
        Ok(released)
    };
    let released = app.store.attempt(unit).await?;
    revocations::announced(app, &[], released);
    Ok(())
}

async fn refuse_known(db: &Db, user: &User) -> Result<()> {
    match store::users::by_name(db, &user.email_canonical).await? {
        Some(_) => Err(registration::email_taken().into()),
        None => Ok(()),
    }
}

/// Sends somebody a mail that lets them choose a password, even if they have had none.
pub async fn send_reset(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<()> {
    let user = known(app, id).await?;
    if !user.is_usable() {
        return Err(Code::PermissionDenied.because("The account is disabled.").into());
    }
    let entry = audit::event(ctx, Event::PasswordResetRequested)?.about(Some(id)).done(by);
    password::mail_reset(app, ctx, &user, entry).await
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is done; so many sessions ended with it.
    Made { sessions: usize },
    /// It was so already.
    Unneeded,
}

/// Keeps somebody from signing in. Their sessions end at once, and links that were mailed to them
/// are void.
pub async fn disable(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<Change> {
    known(app, id).await?;
    let (now, reason) = (ctx.now, EndReason::UserDisabled);
    let entry = audit::event(ctx, Event::UserDisabled)?.about(Some(id)).done(by);
    let ended = app
        .store
        .write(async move |db| {
            db.lock("users", id).await?;
            if !store::users::disable(&db, id, now).await? {
                return Ok(None);
            }
            store::links::revoke_all(&db, id).await?;
            let ended = end_all(&db, id, reason, now).await?;
            audit::record(&db, &entry.with("sessions", ended.len())).await?;
            revocations::user(&db, id, now).await?;
            Ok(Some(ended))
        })
        .await?;
    let Some(ended) = ended else { return Ok(Change::Unneeded) };
    revocations::announced(app, &ended, Some(id));
    Ok(Change::Made { sessions: ended.len() })
}

async fn end_all(
    db: &Db,
    id: UserId,
    reason: EndReason,
    now: Time,
) -> store::Result<Vec<SessionId>> {
    let ended = store::sessions::end_all(db, id, None, reason, now).await?;
    sessions::revoke(db, &ended, now).await
}

/// Lets somebody sign in again. The sessions they had stay over.
pub async fn enable(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<Change> {
    known(app, id).await?;
    let now = ctx.now;
    let entry = audit::event(ctx, Event::UserEnabled)?.about(Some(id)).done(by);
    let unit = async move |db: Db| {
        let is_new = store::users::enable(&db, id, now).await?;
        record_change(&db, id, is_new.then_some(&entry), now).await
    };
    let made = app.store.write(unit).await?;
    Ok(changed(app, id, made))
}

/// Lets somebody try passwords again, however many were wrong.
pub async fn unlock(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<Change> {
    let (unlock, now) = (Unlock::of(app, &known(app, id).await?), ctx.now);
    let entry = audit::event(ctx, Event::AccountUnlocked)?.about(Some(id)).done(by);
    let unit = async move |db: Db| {
        let was_locked = unlock.write(&db, now).await?;
        if was_locked {
            audit::record(&db, &entry).await?;
        }
        Ok(was_locked)
    };
    Ok(match app.store.write(unit).await? {
        true => Change::Made { sessions: 0 },
        false => Change::Unneeded,
    })
}

/// Takes somebody's address for proved.
pub async fn verify_email(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<Change> {
    let (email, now) = (known(app, id).await?.email, ctx.now);
    let entry = audit::event(ctx, Event::EmailVerified)?.about(Some(id)).done(by);
    let unit = async move |db: Db| {
        let is_new = store::users::vouch_for_email(&db, id, email.as_str(), now).await?;
        record_change(&db, id, is_new.then_some(&entry), now).await
    };
    let made = app.store.write(unit).await?;
    Ok(changed(app, id, made))
}

/// Writes down what was changed; gives whether anything was.
async fn record_change(
    db: &Db,
    id: UserId,
    entry: Option<&Entry>,
    now: Time,
) -> store::Result<bool> {
    let Some(entry) = entry else { return Ok(false) };
    audit::record(db, entry).await?;
    revocations::user(db, id, now).await?;
    Ok(true)
}

fn changed(app: &App, id: UserId, made: bool) -> Change {
    if !made {
        return Change::Unneeded;
    }
    revocations::announced(app, &[], Some(id));
    Change::Made { sessions: 0 }
}

/// Ends all of somebody's sessions; gives how many that were.
pub async fn end_sessions(app: &App, ctx: &Ctx, by: By, id: UserId) -> Result<usize> {
    known(app, id).await?;
    let (now, reason) = (ctx.now, EndReason::Revoked);
    let entry = audit::event(ctx, Event::SessionsEnded)?.about(Some(id)).done(by);
    let ended = app
        .store
        .write(async move |db| {
            // A sign-in at the same moment is before or after it, not in between.
            db.lock("users", id).await?;
            let ended = end_all(&db, id, reason, now).await?;
            audit::record(&db, &entry.with("sessions", ended.len())).await?;
            Ok(ended)
        })
        .await?;
    revocations::announced(app, &ended, None);
    Ok(ended.len())
}
