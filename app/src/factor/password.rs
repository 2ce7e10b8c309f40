//! Changing a password, and setting a new one when it is forgotten.

use std::sync::Arc;

use domain::{
    Code, PasswordId, Problem, Secret, SessionId, UserId,
    account::{Email, User, phone},
    event::Event,
    factor::{opaque, password},
    notify::link::Purpose,
    problem::FieldErrors,
    session::EndReason,
};
use store::{Db, passwords::Former};

use crate::{
    App, Ctx, Result,
    access::{
        caller::Caller,
        limits::{self, Limit},
    },
    account::{
        deletion::{self, is_restorable},
        email,
    },
    audit,
    engine::hasher::Verified,
    notify::link::{self, Mailed},
    queue::{self, Task},
    random, revocations,
    session::{
        sessions,
        tokens::{self, TokenPair},
    },
    sign_in::lockout::{self, Counters, Unlock},
};
use domain::notify::Letter;

pub use domain::factor::password::Strength;

/// The field of a new password.
const FIELD: &str = "new_password";

/// A password somebody wants, and again as they typed it the second time.
#[derive(Debug, Clone, Default)]
pub struct NewPassword {
    pub password: Option<Secret>,
    pub confirm: Option<Secret>,
}

/// Checks a new password, in its one form, against the rules and against its owner.
pub(crate) async fn check(
    app: &App,
    field: &str,
    owner: &User,
    password: &Secret,
) -> Result<Strength> {
    let mut errors = FieldErrors::default();
    look(app, &mut errors, (field, password), owner);
    errors.check()?;
    estimate(app, field, owner, password).await
}

/// The part of [`check`] that costs nothing: notes what is wrong.
pub(crate) fn look(
    app: &App,
    errors: &mut FieldErrors,
    (field, password): (&str, &Secret),
    owner: &User,
) {
    let rules = &app.settings.passwords;
    for error in password::violations(password.expose(), &owner.attributes(), rules) {
        errors.push(field, error);
    }
}

/// The other part, for a password that nothing else is wrong with.
pub(crate) async fn estimate(
    app: &App,
    field: &str,
    owner: &User,
    password: &Secret,
) -> Result<Strength> {
    let (owner, secret, rules) = (owner.clone(), password.clone(), app.settings.passwords.clone());
    let work = move || password::estimate(secret.expose(), &owner.attributes(), &rules);
    let (wrong, strength) = app.hasher.estimate(work).await?;
    let mut errors = FieldErrors::default();
    if let Some(error) = wrong {
        errors.push(field, error);
    }
    errors.check()?;
    Ok(strength)
}

/// A new password in its one form, typed the same twice where it was typed twice. What is wrong is
/// noted in `field`, and of the repetition in `confirm`.
pub(crate) fn typed(
    errors: &mut FieldErrors,
    (field, password): (&str, Option<Secret>),
    (confirm, repeated): (&str, Option<Secret>),
) -> Secret {
    let password = password.unwrap_or_default();
    let form = |it: &Secret| opaque::prepare(it).unwrap_or_else(|| it.clone());
    if repeated.is_some_and(|it| form(&it) != form(&password)) {
        errors.add(confirm, "password_mismatch", "The passwords are not the same.");
    }
    errors.take(field, password::prepare(&password)).unwrap_or_default()
}

/// Whether a password is its owner's. A wrong one is an error of `field`, is recorded, and counts
/// towards a lock of the account.
pub(crate) async fn prove(
    app: &App,
    ctx: &Ctx,
    caller: &Caller,
    (field, password): (&str, Option<Secret>),
) -> Result<()> {
    let Some(password) = password.filter(|it| !it.is_empty()) else {
        return Err(Problem::field(field, "required", "This field is required.").into());
    };
    let counters = Counters::of_check(app, &caller.user, &caller.session);
    let (guess, _held) = lockout::admit(app, ctx, &counters, None).await?;
    let verified = match &caller.user.password_hash {
        Some(hash) => app.hasher.verify(&password, hash).await,
        None => Ok(Verified::Wrong),
    };
    let verified = guess.unless_answered(app, verified, &[]).await?;
    if verified != Verified::Wrong && !guess.is_barred() {
        if guess.is_kept() {
            app.store.write(async move |db| guess.right(&db).await).await?;
        }
        return Ok(());
    }
    let entry = audit::event(ctx, Event::PasswordChangeFailed)?
        .by(caller.user.id)
        .in_session(caller.session.id)
        .failed();
    let now = ctx.now;
    app.store
        .write(async move |db| {
            audit::record(&db, &entry).await?;
            guess.wrong(&db, now).await
        })
        .await?;
    Err(Problem::field(field, "password_incorrect", "This is not your password.").into())
}

/// Replaces the caller's password. Every other session of theirs ends; this one goes on with the
/// pair that is given back, and with nothing older.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    caller: &Caller,
    old: Option<Secret>,
    new: NewPassword,
) -> Result<TokenPair> {
    let limit = Limit { name: "password_change", rate: app.settings.limits.password_change };
    limits::keep(limits::take(app, ctx, limit, &caller.session.id.to_string()).await?);
    let new = given(new)?;
    // What is remembered may have another hash of the same password.
    let user = fresh(app, caller.user.id).await?;
    let caller = &Caller { user: user.clone(), ..caller.clone() };
    prove(app, ctx, caller, ("old_password", old.clone())).await?;
    let hash = accept(app, &user, old.as_ref(), &new).await?;
    let change = Change::draft(app, ctx, &user, hash, Event::PasswordChanged)?;
    let (session, secret, now) = (caller.session.id, random::bytes()?, ctx.now);
    let (renewed, ended) = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            let (user, proved) = (change.user.id, Some(now));
            // Sessions before revocations, always, lest two wait for each other.
            db.lock("users", user).await?;
            let renewed = store::sessions::renew(&db, session, user, &secret, proved, now).await?;
            let renewed = renewed.ok_or(Code::SessionEnded)?;
            let ended = change.write(&db, Some(session)).await?;
            revocations::session(&db, session, now).await?;
            Ok((renewed, ended))
        })
        .await?;
    sessions::announce_change(app, caller.user.id, &ended, Some(session));
    let user = fresh(app, caller.user.id).await?;
    tokens::issue(app, ctx, &user, &Arc::new(renewed))
}

/// Asks for a mail that leads to a new password. The answer is the same whoever asks: whether
/// there is anybody to write to is found out by a job.
pub async fn request_reset(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    let limit = Limit { name: "password_reset", rate: app.settings.limits.password_reset };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    // Only a mail leads to a new password; a phone number gets the same answer.
    if phone::parse(email).is_ok() {
        return Ok(());
    }
    let email =
        Email::parse(email).map_err(|error| Problem::field("email", error.code, error.message))?;
    if !email::may_write_to(app, ctx, Letter::ResetPassword, &email).await {
        return Ok(());
    }
    let task = Task::RequestPasswordReset { email_canonical: email.canonical().into() };
    let job = queue::draft(app, ctx, &task)?;
    app.store.put(async move |db| store::jobs::insert(&db, &job).await).await?;
    queue::wake(app);
    Ok(())
}

/// The job of [`request_reset`].
pub async fn send_reset(app: &App, ctx: &Ctx, email_canonical: &str) -> Result<()> {
    let name = email_canonical.to_owned();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    // Who came by another way has no password to be reset.
    if let Some(deleted) = found.as_ref().filter(|it| is_restorable(app, ctx, it)) {
        return deletion::mail_offer(app, ctx, deleted).await;
    }
    let may_reset = |it: &User| it.is_usable() && it.password_hash.is_some();
    let Some(user) = found.filter(may_reset) else { return Ok(()) };
    let entry = audit::event(ctx, Event::PasswordResetRequested)?.about(Some(user.id));
    mail_reset(app, ctx, &user, entry).await
}

/// The mail that leads to a new password, whoever asked for it.
pub(crate) async fn mail_reset(
    app: &App,
    ctx: &Ctx,
    user: &User,
    entry: audit::Entry,
) -> Result<()> {
    let mailed = Mailed::draft(app, ctx, user, Letter::ResetPassword)?;
    app.store
        .write(async move |db| {
            mailed.write(&db).await?;
            audit::record(&db, &entry).await
        })
        .await?;
    queue::wake(app);
    Ok(())
}

/// What somebody presents to set a new password.
#[derive(Debug, Clone, Default)]
pub struct Reset {
    pub token: Option<Secret>,
    /// The user's id in base64, as Django's links have it beside the token.
    pub uidb64: Option<String>,
    pub new: NewPassword,
}

/// Sets a new password by a mailed token. Every session of the user ends, the address is proved as
/// the mail has reached it, and no lock is left.
pub async fn confirm_reset(app: &App, ctx: &Ctx, reset: Reset) -> Result<()> {
    let rate = app.settings.limits.password_reset_confirm;
    let limit = Limit { name: "password_reset_confirm", rate };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let new = given(reset.new)?;
    let purpose = Purpose::ResetPassword;
    let hash = link::presented("token", &reset.token.unwrap_or_default())?;
    let found = link::look(app, ctx, hash, purpose).await?;
    if reset.uidb64.is_some_and(|it| !is_uid_of(&it, found.user_id)) {
        return Err(Code::InvalidLink.into());
    }
    let id = found.user_id;
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    let usable = user.filter(|it| it.is_usable() && it.email.as_str() == found.email);
    let user = usable.ok_or(Code::InvalidLink)?;
    // The mail has reached it.
    let user = User { email_verified_at: user.email_verified_at.or(Some(ctx.now)), ..user };
    let new_hash = accept(app, &user, None, &new).await?;
    let change = Change::draft(app, ctx, &user, new_hash, Event::PasswordReset)?;
    let (unlock, now) = (Unlock::of(app, &user), ctx.now);
    let ended = app
        .store
        .attempt(async move |db: Db| -> Result<_> {
            let spent = link::spend(&db, id, &hash, purpose, now).await?;
            let ended = change.write(&db, None).await?;
            store::users::verify_email(&db, id, &spent.email, now).await?;
            unlock.write(&db, now).await?;
            Ok(ended)
        })
        .await?;
    sessions::announce_change(app, id, &ended, None);
    Ok(())
}

fn is_uid_of(uidb64: &str, user: UserId) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let decoded = URL_SAFE_NO_PAD.decode(uidb64.trim_end_matches('='));
    decoded.is_ok_and(|it| it == user.to_string().as_bytes())
}

/// A new password in its one form, and as it was typed, which former hashes may be of.
struct Given {
    password: Secret,
    typed: Secret,
}

fn given(new: NewPassword) -> Result<Given> {
    let mut errors = FieldErrors::default();
    let confirm = ("new_password_confirm", new.confirm);
    let as_typed = new.password.clone().unwrap_or_default();
    let password = typed(&mut errors, (FIELD, new.password), confirm);
    errors.check()?;
    Ok(Given { password, typed: as_typed })
}

/// The hash of a password that may be the user's next. `old` is the one of today, where it was
/// proved.
async fn accept(app: &App, user: &User, old: Option<&Secret>, new: &Given) -> Result<String> {
    check(app, FIELD, user, &new.password).await?;
    // The hash of today may be of another encoding of it.
    let is_old = old.and_then(opaque::prepare).as_ref() == Some(&new.password);
    if app.settings.passwords.history > 0 && is_old || was_had(app, user, &new.typed).await? {
        let message = "Use a password that you have not had lately.";
        return Err(Problem::field(FIELD, "password_reused", message).into());
    }
    app.hasher.hash(&new.password).await
}

async fn was_had(app: &App, user: &User, typed: &Secret) -> Result<bool> {
    let (id, limit) = (user.id, i64::from(app.settings.passwords.history));
    let unit = async move |db: Db| store::passwords::latest(&db, id, limit).await;
    let former = app.store.get(unit).await?;
    let current = user.password_hash.clone().into_iter();
    let mut seen: Vec<String> = current.chain(former.into_iter().map(|it| it.hash)).collect();
    seen.dedup();
    for hash in seen.iter().take(app.settings.passwords.history as usize) {
        if app.hasher.verify(typed, hash).await? != Verified::Wrong {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A change of password that is yet to be written.
#[derive(Debug, Clone)]
struct Change {
    user: User,
    hash: String,
    former: Option<Former>,
    keep: i64,
    entry: audit::Entry,
    job: store::jobs::Job,
    now: domain::Time,
}

impl Change {
    fn draft(app: &App, ctx: &Ctx, user: &User, hash: String, event: Event) -> Result<Change> {
        let id = PasswordId::new(ctx.now, random::bytes()?);
        let former = user.password_hash.clone().map(|hash| Former {
            id,
            user_id: user.id,
            hash,
            created_at: ctx.now,
        });
        Ok(Change {
            user: user.clone(),
            hash,
            former,
            keep: i64::from(app.settings.passwords.history).saturating_sub(1).max(0),
            entry: audit::event(ctx, event)?.by(user.id),
            job: queue::draft(app, ctx, &Task::letter(Letter::PasswordChanged, user))?,
            now: ctx.now,
        })
    }

    /// The password, what it was, every link, and every session but `kept`; gives those that ended.
    async fn write(&self, db: &Db, kept: Option<SessionId>) -> Result<Vec<SessionId>> {
        let (user, now) = (self.user.id, self.now);
        let old = self.user.password_hash.as_deref();
        // It was changed by another request since it was read.
        if !store::users::set_password(db, user, old, &self.hash, now).await? {
            return Err(Code::InvalidCredentials.into());
        }
        if let Some(former) = &self.former {
            store::passwords::insert(db, former).await?;
            store::passwords::trim(db, user, self.keep).await?;
        }
        store::links::revoke_all(db, user).await?;
        audit::record(db, &self.entry).await?;
        store::jobs::insert(db, &self.job).await?;
        let reason = EndReason::PasswordChanged;
        let ended = store::sessions::end_all(db, user, kept, reason, now).await?;
        let ended = sessions::revoke(db, &ended, now).await?;
        revocations::user(db, user, now).await?;
        Ok(ended)
    }
}

async fn fresh(app: &App, id: UserId) -> Result<Arc<User>> {
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    Ok(Arc::new(user.ok_or(Code::SessionEnded)?))
}
