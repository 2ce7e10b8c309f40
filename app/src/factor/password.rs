//! Changing a password, and setting a new one when it is forgotten.
//!
//! A change asks for the old one, and its session goes on; a reset ends all sessions. The last hashes
//! are kept, to refuse what was used lately.

mod new;

use std::sync::Arc;

use domain::{
    Code, PasswordId, Problem, Secret, SessionId, UserId,
    account::{Email, User, phone},
    event::Event,
    notify::{Letter, link::Purpose},
    session::EndReason,
    settings::Limit,
    sign_in::{Admission, Proof, WayIn, admit},
};
use store::passwords::Former;

use crate::{
    App, Ctx, Result,
    access::{Acting, Own, caller::Caller, guard, lockout::Unlock, proof},
    audit::Entry,
    notify::{
        allowance,
        link::{self, Mailed},
    },
    queue::Task,
    random,
    session::tokens::{self, TokenPair},
    tx::Tx,
};

pub use self::new::NewPassword;
use self::new::{accept, parse_new};
pub(crate) use self::new::{check, estimate, note_violations, typed};
pub use domain::factor::password::Strength;

/// Changes the own password. Other sessions end. This one continues with the returned pair, and its
/// older tokens are void. Also returns the strength of the new password.
pub async fn change(
    app: &App,
    ctx: &Ctx,
    acting: &Acting<Own>,
    old: Option<Secret>,
    new: NewPassword,
) -> Result<(TokenPair, Strength)> {
    let new = parse_new(new)?;
    let Caller { user, session } = acting.caller();
    // The cached user may have an outdated hash.
    let (id, session, proofs) = (user.id, session.id, session.proofs().raised_by(Proof::Password));
    let user = load_user(app, id).await?;
    proof::prove(app, ctx, acting, &user, "old_password", old.clone()).await?;
    let (hash, strength) = accept(app, &user, old.as_ref(), &new).await?;
    let change = PasswordChange::draft(app, ctx, &user, hash, Event::PasswordChanged)?;
    let secret = random::bytes()?;
    let unit = async move |tx: Tx| -> Result<_> {
        // Always sessions before revocations, to avoid a deadlock.
        let renewed = tx.renew_session(id, session, &secret, Some(proofs)).await?;
        let renewed = renewed.ok_or(Code::SessionEnded)?;
        change.write(&tx, Some(session)).await?;
        Ok(renewed)
    };
    let renewed = app.write_as(ctx, acting, unit).await?;
    let user = load_user(app, id).await?;
    Ok((tokens::issue(app, ctx, &user, &Arc::new(renewed))?, strength))
}

/// Requests a reset mail. The answer is the same for everybody; a job finds out whether there is an
/// account.
pub async fn request_reset(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    guard::anybody(app, ctx, Limit::PasswordReset).await?;
    // A reset needs an address; a phone number gets the same answer.
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
    // An account without a password has nothing to reset.
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

/// The fields of a password reset.
#[derive(Debug, Clone, Default)]
pub struct Reset {
    pub token: Option<Secret>,
    /// The user id in base64, which links of Django contain beside the token.
    pub uidb64: Option<String>,
    pub new: NewPassword,
}

/// Sets a new password with a mailed token. Every session ends, the address becomes verified
/// because the mail has reached it, and a lockout is lifted. Returns the strength of the password.
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
    // The mail has reached the address.
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

/// A change of password to be written.
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

    /// Writes the new hash, keeps the old one in the history, and ends every mailed token and every
    /// session except `kept`.
    async fn write(&self, tx: &Tx, kept: Option<SessionId>) -> Result<()> {
        let (id, old) = (self.user.id, self.user.password_hash.as_deref());
        let sets = store::users::set_password(tx, id, old, &self.hash, tx.now());
        // A concurrent request has changed it.
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
