//! Sends mails to people. Each has a template in HTML and in text.
//!
//! A mail that has become obsolete in the queue is not sent: `domain::notify::due` says in which states
//! of the person each is due, and its link has to be good still. What has happened is told to the
//! address it happened to, whatever came after it.

use domain::{
    Secret, Span, UserId,
    account::{Email, User},
    notify::link::Purpose,
};
use outside::mail::{Mail, MailError};
use serde_json::{Value as Json, json};
use store::{Db, jobs::Job};

use crate::{
    App, Ctx,
    engine::locale::Language,
    queue::{Envelope, Failure},
};

/// Renders and sends a letter, unless it became obsolete in the queue.
pub(crate) async fn send(
    app: &App,
    ctx: &Ctx,
    job: &Job,
    envelope: Envelope,
) -> Result<(), Failure> {
    let Envelope { letter, user_id, to, token, language } = envelope;
    let Some(user) = recipient(app, ctx, user_id, to.as_ref()).await? else { return Ok(()) };
    let to = to.unwrap_or_else(|| user.email.clone());
    let linked = letter.purpose().zip(token);
    if !letter.is_due(&user, &to) || !is_link_valid(app, ctx, linked.as_ref()).await? {
        tracing::info!(job = %job.id, kind = job.kind, "a mail is obsolete and is not sent");
        return Ok(());
    }
    let link = linked.and_then(|(purpose, token)| LetterLink::new(app, purpose, &token));
    let language = language.or_else(|| Language::of(&user.profile.language)).unwrap_or_default();
    let values = values(app, language, &user, &to, link, job);
    let rendered = app.render.mail(language, letter.name(), &values)?;
    let mail = Mail {
        id: job.id.to_string(),
        to_name: user.mailbox_name(&to),
        to,
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language: Some(language.tag().into()),
    };
    app.mailer.send(&mail, ctx.now).await.map_err(|error| match error {
        MailError::Permanent(text) => Failure::Permanent(text),
        MailError::Temporary(text) => Failure::Temporary(text),
        ours @ MailError::Ours(_) => Failure::Ours(ours.to_string()),
    })
}

/// The user that a letter is for, if they still exist, or a new user with only the address.
async fn recipient(
    app: &App,
    ctx: &Ctx,
    user_id: Option<UserId>,
    to: Option<&Email>,
) -> crate::Result<Option<User>> {
    let Some(id) = user_id else {
        let nobody = UserId::new(ctx.now, crate::random::bytes()?);
        return Ok(to.map(|email| User::new(nobody, email.clone(), ctx.now)));
    };
    let found = app.store.get(async move |db| store::users::by_id(&db, id).await).await?;
    Ok(found)
}

/// Whether the token of the letter is still valid. A letter without a link is.
async fn is_link_valid(
    app: &App,
    ctx: &Ctx,
    linked: Option<&(Purpose, Secret)>,
) -> crate::Result<bool> {
    let Some((purpose, token)) = linked else { return Ok(true) };
    let Some(hash) = domain::notify::link::hash(token.expose()) else { return Ok(false) };
    let (purpose, now) = (*purpose, ctx.now);
    let unit = async move |db: Db| {
        Ok(match purpose {
            Purpose::Invitation => store::invitations::by_hash(&db, &hash, now).await?.is_some(),
            _ => store::links::by_hash(&db, &hash, purpose, now).await?.is_some(),
        })
    };
    Ok(app.store.get(unit).await?)
}

/// The link in a letter.
struct LetterLink {
    address: String,
    lifetime: Span,
}

impl LetterLink {
    /// `None` if the purpose has no page.
    fn new(app: &App, purpose: Purpose, token: &Secret) -> Option<LetterLink> {
        let destination = purpose.destination()?;
        let address = destination.address(&app.settings.links, app.public_url(), token.expose());
        Some(LetterLink { address, lifetime: purpose.lifetime(&app.settings) })
    }
}

/// The values of the template. [`crate::engine::render::VALUES`] lists them.
fn values(
    app: &App,
    language: Language,
    user: &User,
    to: &Email,
    link: Option<LetterLink>,
    job: &Job,
) -> Json {
    json!({
        "product": app.settings.server.name,
        "public_url": app.public_url(),
        "name": user.greeting(to).unwrap_or_default(),
        "email": to.as_str(),
        "new_email": user.email.as_str(),
        "link": link.as_ref().map(|it| &it.address),
        "lifetime": link.as_ref().map(|it| app.locale.span(language, it.lifetime)),
        "happened_at": app.locale.time(language, job.created_at),
    })
}
