//! Proving that an email address is its registrant's.

use domain::{
    Code, LinkId, Problem, Secret, UserId,
    account::{Email, User},
    event::Event,
    link::{self, Purpose},
};
use store::{
    Db,
    jobs::Job,
    links::{self, Link},
};

use crate::{
    App, Ctx, Error, Result,
    audit::{self, Entry},
    job::{self, Letter, Task},
    limits::{self, Limit},
    random, revocations, sign_in,
};

/// A verification mail that is yet to be written down: the hash of its token, and the job that
/// carries the token itself, sealed.
#[derive(Debug, Clone)]
pub struct Verification {
    link: Link,
    job: Job,
}

impl Verification {
    pub fn draft(app: &App, ctx: &Ctx, user: &User) -> Result<Verification> {
        let token = link::token(&random::bytes()?);
        let hash = link::hash(token.expose()).ok_or_else(|| Error::broken("a token's hash"))?;
        let link = Link {
            id: LinkId::new(ctx.now, random::bytes()?),
            user_id: user.id,
            purpose: Purpose::VerifyEmail.word().into(),
            hash,
            email: user.email.to_string(),
            created_at: ctx.now,
            expires_at: ctx.now + app.settings.links.verify_email_lifetime,
            spent_at: None,
        };
        let letter = Letter::VerifyEmail;
        let task = Task::Letter { letter, user_id: user.id, token: Some(token) };
        Ok(Verification { link, job: job::draft(app, ctx, &task)? })
    }

    /// Voids what was sent before and queues this one.
    pub async fn write(&self, db: &Db) -> store::Result<()> {
        links::revoke(db, self.link.user_id, Purpose::VerifyEmail).await?;
        links::insert(db, &self.link).await?;
        store::jobs::insert(db, &self.job).await.map(drop)
    }
}

/// Spends a verification token: the address it was sent to is its user's.
pub async fn verify(app: &App, ctx: &Ctx, token: &Secret) -> Result<()> {
    let limit = Limit { name: "email_verify", rate: app.settings.limits.email_verify };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    if token.expose().trim().is_empty() {
        return Err(Problem::field("token", "required", "This field is required.").into());
    }
    let hash = link::hash(token.expose().trim()).ok_or(Code::InvalidLink)?;
    let (now, purpose) = (ctx.now, Purpose::VerifyEmail);
    let unit = async move |db: Db| links::by_hash(&db, &hash, purpose, now).await;
    let user = app.store.get(unit).await?.ok_or(Code::InvalidLink)?.user_id;
    let entry = audit::event(ctx, Event::EmailVerified)?.by(user);
    let task = Task::Letter { letter: Letter::Welcome, user_id: user, token: None };
    let welcome = job::draft(app, ctx, &task)?;
    app.store
        .attempt(async move |db: Db| -> Result<()> {
            // Of all who present it at once, one spends it.
            let spent = links::consume(&db, &hash, purpose, now).await?;
            let spent = spent.ok_or(Code::InvalidLink)?;
            if store::users::verify_email(&db, user, &spent.email, now).await? {
                audit::record(&db, &entry).await?;
                store::jobs::insert(&db, &welcome).await?;
                revocations::user(&db, user, now).await?;
                return Ok(());
            }
            refuse_unless_verified(&db, user, &spent.email).await
        })
        .await?;
    revocations::announced(app, &[], Some(user));
    job::wake(app);
    Ok(())
}

/// A second link to the same address finds it proved, which is as good. Any other reason is none.
async fn refuse_unless_verified(db: &Db, user: UserId, email: &str) -> Result<()> {
    let found = store::users::by_id(db, user).await?.filter(User::is_usable);
    match found.filter(|it| it.email.as_str() == email && it.email_verified_at.is_some()) {
        Some(_) => Ok(()),
        None => Err(Code::InvalidLink.into()),
    }
}

/// Asks for another verification mail. Known and unknown addresses get the same answer from the
/// same statements: whether there is anything to send is found out by a job.
pub async fn resend(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    let limit = Limit { name: "email_resend", rate: app.settings.limits.email_resend };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let email =
        Email::parse(email).map_err(|error| Problem::field("email", error.code, error.message))?;
    if !may_write_to(app, ctx, &email).await {
        return Ok(());
    }
    let task = Task::RequestVerification { email_canonical: email.canonical().into() };
    let job = job::draft(app, ctx, &task)?;
    app.store.put(async move |db| store::jobs::insert(&db, &job).await).await?;
    job::wake(app);
    Ok(())
}

/// Whether another mail to this address is within bounds. Nobody is told when it is not.
pub async fn may_write_to(app: &App, ctx: &Ctx, email: &Email) -> bool {
    let limit = Limit { name: "email_recipient", rate: app.settings.limits.email_recipient };
    let recipient = sign_in::index(&app.keys.index, &email.canonical());
    limits::take_silently(app, ctx, limit, &recipient).await
}

/// The job of [`resend`]: sends a link to whoever has the address and has not proved it.
pub async fn send_verification(app: &App, ctx: &Ctx, email_canonical: &str) -> Result<()> {
    let name = email_canonical.to_owned();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    let wants_one = |it: &User| it.is_usable() && it.email_verified_at.is_none();
    let Some(user) = found.filter(wants_one) else { return Ok(()) };
    let verification = Verification::draft(app, ctx, &user)?;
    let entry: Entry = audit::event(ctx, Event::EmailVerificationRequested)?.about(Some(user.id));
    app.store
        .write(async move |db| {
            verification.write(&db).await?;
            audit::record(&db, &entry).await
        })
        .await?;
    job::wake(app);
    Ok(())
}
