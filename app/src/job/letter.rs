//! Mails that people get, each a template in HTML and in text.

mod due;

use domain::{
    Secret, Span, UserId,
    account::{Email, User},
    link::Purpose,
};
use outside::mail::{Mail, MailError};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::{Db, jobs::Job};

use super::{Envelope, worker::Failure};
use crate::{App, Ctx, link::lifetime, locale::Language};

/// Which mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// Prove that this address is yours.
    VerifyEmail,
    /// It is proved.
    Welcome,
    /// A replaced refresh token was presented, and the session has ended.
    SessionReused,
    /// Somebody tried to register with your address.
    RegistrationRepeated,
    /// Set a new password.
    ResetPassword,
    /// Your password has been changed.
    PasswordChanged,
    /// Prove the address your account is to have.
    ChangeEmail,
    /// Your account has another address; take it back if that was not you.
    EmailChanged,
    /// Make an account.
    Invitation,
    /// Your account is deleted, and this is the way back.
    AccountDeleted,
}

impl Letter {
    pub const ALL: &[Letter] = &[
        Letter::VerifyEmail,
        Letter::Welcome,
        Letter::SessionReused,
        Letter::RegistrationRepeated,
        Letter::ResetPassword,
        Letter::PasswordChanged,
        Letter::ChangeEmail,
        Letter::EmailChanged,
        Letter::Invitation,
        Letter::AccountDeleted,
    ];

    /// The name of its templates.
    pub const fn name(self) -> &'static str {
        match self {
            Letter::VerifyEmail => "verify_email",
            Letter::Welcome => "welcome",
            Letter::SessionReused => "session_reused",
            Letter::RegistrationRepeated => "registration_repeated",
            Letter::ResetPassword => "reset_password",
            Letter::PasswordChanged => "password_changed",
            Letter::ChangeEmail => "change_email",
            Letter::EmailChanged => "email_changed",
            Letter::Invitation => "invitation",
            Letter::AccountDeleted => "account_deleted",
        }
    }

    /// What its link is good for, if it has one.
    pub const fn purpose(self) -> Option<Purpose> {
        match self {
            Letter::VerifyEmail => Some(Purpose::VerifyEmail),
            Letter::ResetPassword => Some(Purpose::ResetPassword),
            Letter::ChangeEmail => Some(Purpose::ChangeEmail),
            Letter::EmailChanged => Some(Purpose::UndoEmailChange),
            Letter::Invitation => Some(Purpose::Invitation),
            Letter::AccountDeleted => Some(Purpose::RestoreAccount),
            Letter::Welcome
            | Letter::SessionReused
            | Letter::RegistrationRepeated
            | Letter::PasswordChanged => None,
        }
    }
}

/// Renders and sends a letter, unless it has lost its use while it waited.
pub(super) async fn send(
    app: &App,
    ctx: &Ctx,
    job: &Job,
    envelope: Envelope,
) -> Result<(), Failure> {
    let Envelope { letter, user_id, to, token, language } = envelope;
    let Some(user) = recipient(app, ctx, user_id, to.as_ref()).await? else { return Ok(()) };
    let to = to.unwrap_or_else(|| user.email.clone());
    let linked = letter.purpose().zip(token);
    if !letter.is_due(&user, &to) || !leads_on(app, ctx, linked.as_ref()).await? {
        tracing::info!(job = %job.id, kind = job.kind, "a mail has lost its use and is not sent");
        return Ok(());
    }
    let link = linked.map(|(purpose, token)| Link::new(app, purpose, &token));
    let language = language.or_else(|| Language::of(&user.profile.language)).unwrap_or_default();
    let values = values(app, language, (&user, &to), link, job);
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

/// Whom a letter is for: a user, if they are still there, or a stranger of whom only an address is
/// known.
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

/// Whether the link of a letter, if it has one, is good still.
async fn leads_on(app: &App, ctx: &Ctx, linked: Option<&(Purpose, Secret)>) -> crate::Result<bool> {
    let Some((purpose, token)) = linked else { return Ok(true) };
    let Some(hash) = domain::link::hash(token.expose()) else { return Ok(false) };
    let (purpose, now) = (*purpose, ctx.now);
    let unit = async move |db: Db| {
        Ok(match purpose {
            Purpose::Invitation => store::invitations::by_hash(&db, &hash, now).await?.is_some(),
            _ => store::links::by_hash(&db, &hash, purpose, now).await?.is_some(),
        })
    };
    Ok(app.store.get(unit).await?)
}

/// What a mail leads to, and for how long.
struct Link {
    address: String,
    lifetime: Span,
}

impl Link {
    fn new(app: &App, purpose: Purpose, token: &Secret) -> Link {
        let links = &app.settings.links;
        let (operators_own, page) = match purpose {
            Purpose::VerifyEmail | Purpose::Exchange => (&links.verify_email_url, "verify-email"),
            Purpose::ResetPassword => (&links.reset_password_url, "reset-password"),
            Purpose::ChangeEmail => (&links.change_email_url, "change-email"),
            Purpose::UndoEmailChange => (&links.undo_email_change_url, "undo-email-change"),
            Purpose::RestoreAccount | Purpose::OfferRestore => {
                (&links.restore_account_url, "restore-account")
            }
            Purpose::Invitation => (&links.invitation_url, "accept-invitation"),
        };
        let address = match operators_own.as_str() {
            "" => format!("{}/{page}?token={}", app.public_url(), token.expose()),
            template => template.replace("{token}", token.expose()),
        };
        Link { address, lifetime: lifetime(app, purpose) }
    }
}

/// What the templates of a letter are filled with; [`crate::render::VALUES`] lists them.
fn values(
    app: &App,
    language: Language,
    (user, to): (&User, &Email),
    link: Option<Link>,
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
