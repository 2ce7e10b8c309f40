//! Proving that an email address is its registrant's.

use domain::{
    Code, Problem, Secret, UserId,
    account::{Email, User},
    event::Event,
    notify::link::Purpose,
};
use store::{Db, links::Link};

use crate::{
    App, Ctx, Result,
    access::limits::{self, Limit},
    audit,
    notify::link::{self, Mailed},
    queue::{self, Envelope, Task},
    revocations,
    sign_in::{
        exchange::{self, Evidence},
        password as sign_in,
    },
};
use domain::notify::Letter;

/// Spends a verification token: the address it was sent to is its user's. Where the registration
/// began in this browser or app, also gives a token to exchange for a session.
pub async fn verify(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    evidence: &Evidence,
) -> Result<Option<Secret>> {
    let limit = Limit { name: "email_verify", rate: app.settings.limits.email_verify };
    limits::keep(limits::take(app, ctx, limit, &ctx.client.network()).await?);
    let (hash, now) = (link::presented("token", token)?, ctx.now);
    let purpose = Purpose::VerifyEmail;
    let found = link::look(app, ctx, hash, purpose).await?;
    let user = found.user_id;
    let exchange = match evidence.fits(ctx, found.binding) {
        true => Some(exchange_for(app, ctx, user, found.binding).await?),
        false => None,
    };
    let (row, exchange) = exchange.unzip();
    let entry = audit::event(ctx, Event::EmailVerified)?.by(user);
    let to = Some(Email::from(found.email));
    let welcome = Task::Letter(Envelope { to, ..Envelope::new(Letter::Welcome, user) });
    let welcome = queue::draft(app, ctx, &welcome)?;
    app.store
        .attempt(async move |db: Db| -> Result<()> {
            let spent = link::spend(&db, user, &hash, purpose, now).await?;
            if let Some(row) = &row {
                store::links::insert(&db, row).await?;
            }
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
    queue::wake(app);
    Ok(exchange)
}

async fn exchange_for(
    app: &App,
    ctx: &Ctx,
    user: UserId,
    binding: Option<[u8; 32]>,
) -> Result<(Link, Secret)> {
    let unit = async move |db| store::users::by_id(&db, user).await;
    let user = app.store.get(unit).await?.ok_or(Code::InvalidLink)?;
    exchange::draft(app, ctx, &user, binding)
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
    if !may_write_to(app, ctx, Letter::VerifyEmail, &email).await {
        return Ok(());
    }
    let task = Task::RequestVerification { email_canonical: email.canonical().into() };
    let job = queue::draft(app, ctx, &task)?;
    app.store.put(async move |db| store::jobs::insert(&db, &job).await).await?;
    queue::wake(app);
    Ok(())
}

/// Whether another mail of this kind to this address is within bounds. Nobody is told when it is
/// not.
pub async fn may_write_to(app: &App, ctx: &Ctx, letter: Letter, email: &Email) -> bool {
    let limit = Limit { name: "email_recipient", rate: app.settings.limits.email_recipient };
    let recipient = sign_in::index(&app.keys.index, &email.canonical());
    limits::take_silently(app, ctx, limit, &format!("{}:{recipient}", letter.name())).await
}

/// The job of [`resend`]: sends a link to whoever has the address and has not proved it.
pub async fn send_verification(app: &App, ctx: &Ctx, email_canonical: &str) -> Result<()> {
    let name = email_canonical.to_owned();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    let wants_one = |it: &User| it.is_usable() && it.email_verified_at.is_none();
    let Some(user) = found.filter(wants_one) else { return Ok(()) };
    let verification = Mailed::draft(app, ctx, &user, Letter::VerifyEmail)?;
    let entry = audit::event(ctx, Event::EmailVerificationRequested)?.about(Some(user.id));
    app.store
        .write(async move |db| {
            verification.write(&db).await?;
            audit::record(&db, &entry).await
        })
        .await?;
    queue::wake(app);
    Ok(())
}
