//! Changing a password, and setting a new one when it is forgotten.
//!
//! A change asks for the old one, and its session goes on; a reset ends all sessions. The last hashes
//! are kept, to refuse what was used lately.

use std::sync::Arc;

use domain::{
    Code, PasswordId, Problem, Secret, SessionId, UserId,
    account::{Email, User, phone},
    event::Event,
    factor::{opaque, password},
    notify::{Letter, link::Purpose},
    problem::FieldErrors,
    session::EndReason,
    settings::Limit,
    sign_in::{Admission, Proof, WayIn, admit},
};
use store::{Db, passwords::Former};

use crate::{
    App, Ctx, Result,
    access::{Acting, Own, caller::Caller, guard, lockout::Unlock, proof},
    audit::Entry,
    engine::hasher::Verified,
    notify::{
        allowance,
        link::{self, Mailed},
    },
    queue::Task,
    random,
    session::tokens::{self, TokenPair},
    tx::Tx,
};

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
    note_violations(app, &mut errors, field, password, owner);
    errors.check()?;
    estimate(app, field, owner, password).await
}

/// The part of [`check`] that costs nothing: notes what is wrong.
pub(crate) fn note_violations(
    app: &App,
    errors: &mut FieldErrors,
    field: &str,
    password: &Secret,
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
    field: &str,
    password: Option<Secret>,
    confirm: &str,
    repeated: Option<Secret>,
) -> Secret {
    let password = password.unwrap_or_default();
    let form = |it: &Secret| opaque::prepare(it).unwrap_or_else(|| it.clone());
    if repeated.is_some_and(|it| form(&it) != form(&password)) {
        errors.add(confirm, "password_mismatch", domain::say!("The passwords are not the same."));
    }
    errors.take(field, password::prepare(&password)).unwrap_or_default()
}

/// Replaces one's own password. Every other session ends; this one goes on with the pair that is given
/// back, and with nothing older. Also gives how strong the new password is.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    old: Option<Secret>,
    new: NewPassword,
) -> Result<(TokenPair, Strength)> {
    let new = parse_new(new)?;
    let Caller { user, session } = acting.caller();
    // What is remembered may have another hash of the same password.
    let (id, session, proofs) = (user.id, session.id, session.proofs().raised_by(Proof::Password));
    let user = load_user(app, id).await?;
    proof::prove(app, ctx, acting, &user, "old_password", old.clone()).await?;
    let (hash, strength) = accept(app, &user, old.as_ref(), &new).await?;
    let change = PasswordChange::draft(app, ctx, &user, hash, Event::PasswordChanged)?;
    let secret = random::bytes()?;
    let unit = async move |tx: Tx| -> Result<_> {
        // Sessions before revocations, always, lest two wait for each other.
        let renewed = tx.renew_session(id, session, &secret, Some(proofs)).await?;
        let renewed = renewed.ok_or(Code::SessionEnded)?;
        change.write(&tx, Some(session)).await?;
        Ok(renewed)
    };
    let renewed = app.write_as(ctx, acting, unit).await?;
    let user = load_user(app, id).await?;
    Ok((tokens::issue(app, ctx, &user, &Arc::new(renewed))?, strength))
}

/// Asks for a mail that leads to a new password. The answer is the same whoever asks: whether
/// there is anybody to write to is found out by a job.
pub async fn request_reset(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    guard::anybody(app, ctx, Limit::PasswordReset).await?;
    // Only a mail leads to a new password; a phone number gets the same answer.
    if phone::parse(email).is_ok() {
        return Ok(());
    }
    let email = Email::parse(email).map_err(|error| Problem::of_field("email", error))?;
    if !allowance::may_write_to(app, ctx, Letter::ResetPassword, &email).await {
        return Ok(());
    }
    let task = Task::RequestPasswordReset { email_canonical: email.canonical().into() };
    app.queue(ctx, &task).await
}

/// The job of [`request_reset`].
pub(crate) async fn send_reset(app: &App, ctx: &Ctx, email_canonical: &str) -> Result<()> {
    let name = email_canonical.to_owned();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    let Some(user) = found else { return Ok(()) };
    match admit(WayIn::Reset, &user, &app.settings, ctx.now) {
        Admission::Admitted => {}
        Admission::OfferRestore => {
            let offer = Mailed::draft(app, ctx, &user, Letter::AccountDeleted)?;
            return app.write(ctx, async move |tx: Tx| offer.write(&tx).await).await;
        }
        Admission::Refused(_) => return Ok(()),
    }
    // Who came by another way has no password to be reset.
    if user.password_hash.is_none() {
        return Ok(());
    }
    let mailed = Mailed::draft(app, ctx, &user, Letter::ResetPassword)?;
    let unit = async move |tx: Tx| {
        mailed.write(&tx).await?;
        tx.audit(Entry::about(Event::PasswordResetRequested, user.id)).await
    };
    app.write(ctx, unit).await
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
/// the mail has reached it, and no lock is left. Gives how strong the new password is.
pub async fn confirm_reset(app: &App, ctx: &Ctx, reset: Reset) -> Result<Strength> {
    guard::anybody(app, ctx, Limit::PasswordResetConfirm).await?;
    let new = parse_new(reset.new)?;
    let purpose = Purpose::ResetPassword;
    let hash = link::presented("token", &reset.token.unwrap_or_default())?;
    let found = link::presentable(app, ctx, hash, purpose).await?;
    if reset.uidb64.is_some_and(|it| !is_uid_of(&it, found.user_id)) {
        return Err(Code::InvalidLink.into());
    }
    let id = found.user_id;
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    let may_come =
        |it: &User| admit(WayIn::Reset, it, &app.settings, ctx.now) == Admission::Admitted;
    let usable = user.filter(|it| may_come(it) && it.email.as_str() == found.email);
    let user = usable.ok_or(Code::InvalidLink)?;
    // The mail has reached it.
    let user = User { email_verified_at: user.email_verified_at.or(Some(ctx.now)), ..user };
    let (new_hash, strength) = accept(app, &user, None, &new).await?;
    let change = PasswordChange::draft(app, ctx, &user, new_hash, Event::PasswordReset)?;
    let unlock = Unlock::of(app, &user);
    let unit = async move |tx: Tx| -> Result<()> {
        let spent = link::spend(&tx, id, &hash, purpose).await?;
        change.write(&tx, None).await?;
        let proves = store::users::verify_email(&tx, id, &spent.email, tx.now());
        tx.changing(id, proves).await?;
        unlock.write(&tx).await.map(drop)
    };
    app.write(ctx, unit).await?;
    Ok(strength)
}

fn is_uid_of(uidb64: &str, user: UserId) -> bool {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let decoded = URL_SAFE_NO_PAD.decode(uidb64.trim_end_matches('='));
    decoded.is_ok_and(|it| it == user.to_string().as_bytes())
}

/// A new password in its one form, and as it was typed, which former hashes may be of.
struct TypedPassword {
    password: Secret,
    typed: Secret,
}

fn parse_new(new: NewPassword) -> Result<TypedPassword> {
    let mut errors = FieldErrors::default();
    let as_typed = new.password.clone().unwrap_or_default();
    let confirm = "new_password_confirm";
    let password = typed(&mut errors, FIELD, new.password, confirm, new.confirm);
    errors.check()?;
    Ok(TypedPassword { password, typed: as_typed })
}

/// The hash of a password that may be the user's next, and its strength. `old` is the one of today, where it was
/// proved.
async fn accept(
    app: &App,
    user: &User,
    old: Option<&Secret>,
    new: &TypedPassword,
) -> Result<(String, Strength)> {
    let strength = check(app, FIELD, user, &new.password).await?;
    // The hash of today may be of another encoding of it.
    let is_old = old.and_then(opaque::prepare).as_ref() == Some(&new.password);
    if app.settings.passwords.history > 0 && is_old
        || was_used_before(app, user, &new.typed).await?
    {
        let message = domain::say!("Use a password that you have not had lately.");
        return Err(Problem::field(FIELD, "password_reused", message).into());
    }
    Ok((app.hasher.hash(&new.password).await?, strength))
}

async fn was_used_before(app: &App, user: &User, typed: &Secret) -> Result<bool> {
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
struct PasswordChange {
    user: User,
    hash: String,
    former: Option<Former>,
    keep: i64,
    event: Event,
}

impl PasswordChange {
    fn draft(
        app: &App,
        ctx: &Ctx,
        user: &User,
        hash: String,
        event: Event,
    ) -> Result<PasswordChange> {
        let id = PasswordId::new(ctx.now, random::bytes()?);
        let former = user.password_hash.clone().map(|hash| Former {
            id,
            user_id: user.id,
            hash,
            created_at: ctx.now,
        });
        let keep = i64::from(app.settings.passwords.history).saturating_sub(1).max(0);
        Ok(PasswordChange { user: user.clone(), hash, former, keep, event })
    }

    /// The password, what it was, every mailed token, and every session but `kept`.
    async fn write(&self, tx: &Tx, kept: Option<SessionId>) -> Result<()> {
        let (id, old) = (self.user.id, self.user.password_hash.as_deref());
        let sets = store::users::set_password(tx, id, old, &self.hash, tx.now());
        // It was changed by another request since it was read.
        if !tx.changing(id, sets).await? {
            return Err(Code::InvalidCredentials.into());
        }
        if let Some(former) = &self.former {
            store::passwords::insert(tx, former).await?;
            store::passwords::trim(tx, id, self.keep).await?;
        }
        tx.void_tokens_of(id).await?;
        tx.audit(Entry::by(self.event, id)).await?;
        tx.send(Letter::PasswordChanged, &self.user).await?;
        tx.end_sessions_of(id, kept, EndReason::PasswordChanged).await.map(drop)
    }
}

async fn load_user(app: &App, id: UserId) -> Result<Arc<User>> {
    let user = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    Ok(Arc::new(user.ok_or(Code::SessionEnded)?))
}
