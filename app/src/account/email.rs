//! Verification of email addresses.

use domain::{
    Code, Problem, Secret, UserId,
    account::{Email, User},
    event::Event,
    notify::{Letter, link::Purpose},
    settings::Limit,
};
use store::Db;

use crate::{
    App, Ctx, Result,
    access::guard,
    audit::Entry,
    notify::{
        allowance,
        link::{self, Mailed},
    },
    queue::{Envelope, Task},
    sign_in::exchange::{Evidence, ExchangeToken},
    tx::Tx,
};

/// Redeems a verification token, which verifies the address it was sent to. Where the registration
/// began in this browser or app, also returns an exchange token for a session.
pub async fn verify(
    app: &App,
    ctx: &Ctx,
    token: &Secret,
    evidence: &Evidence,
) -> Result<Option<Secret>> {
    guard::anybody(app, ctx, Limit::EmailVerify).await?;
    let hash = link::presented("token", token)?;
    let purpose = Purpose::VerifyEmail;
    let found = link::presentable(app, ctx, hash, purpose).await?;
    let user = found.user_id;
    let exchange = if evidence.matches(ctx, found.binding) {
        Some(ExchangeToken::draft(app, ctx, user, found.binding)?)
    } else {
        None
    };
    let to = Some(Email::from(found.email));
    let welcome = Task::Letter(Envelope { to, ..Envelope::new(Letter::Welcome, user) });
    let written = exchange.clone();
    let unit = async move |tx: Tx| -> Result<()> {
        let spent = link::spend(&tx, user, &hash, purpose).await?;
        if let Some(exchange) = &written {
            exchange.write(&tx).await?;
        }
        let proves = store::users::verify_email(&tx, user, &spent.email, tx.now());
        if tx.changing(user, proves).await? {
            tx.audit(Entry::by(Event::EmailVerified, user)).await?;
            return tx.queue(&welcome).await;
        }
        refuse_unless_verified(&tx, user, &spent.email).await
    };
    app.write(ctx, unit).await?;
    Ok(exchange.map(ExchangeToken::token))
}

/// A second link to an address that is already verified succeeds too.
async fn refuse_unless_verified(db: &Db, user: UserId, email: &str) -> Result<()> {
    let found = store::users::by_id(db, user).await?.filter(User::is_usable);
    match found.filter(|it| it.email.as_str() == email && it.email_verified_at.is_some()) {
        Some(_) => Ok(()),
        None => Err(Code::InvalidLink.into()),
    }
}

/// Requests another verification mail. Known and unknown addresses get the same answer after the
/// same statements; a job finds out whether to send a mail.
pub async fn resend(app: &App, ctx: &Ctx, email: &str) -> Result<()> {
    guard::anybody(app, ctx, Limit::EmailResend).await?;
    let email = Email::parse(email).map_err(|error| Problem::of_field("email", error))?;
    if !allowance::may_write_to(app, ctx, Letter::VerifyEmail, &email).await {
        return Ok(());
    }
    let task = Task::RequestVerification { email_canonical: email.canonical().into() };
    app.queue(ctx, &task).await
}

/// The job of [`resend`]: mails a link if the account has an unverified address.
pub(crate) async fn send_verification(app: &App, ctx: &Ctx, email_canonical: &str) -> Result<()> {
    let name = email_canonical.to_owned();
    let found = app.store.get(async move |db| store::users::by_name(&db, &name).await).await?;
    let wants_one = |it: &User| it.is_usable() && it.email_verified_at.is_none();
    let Some(user) = found.filter(wants_one) else { return Ok(()) };
    let verification = Mailed::draft(app, ctx, &user, Letter::VerifyEmail)?;
    let unit = async move |tx: Tx| {
        verification.write(&tx).await?;
        tx.audit(Entry::about(Event::EmailVerificationRequested, user.id)).await
    };
    app.write(ctx, unit).await
}
