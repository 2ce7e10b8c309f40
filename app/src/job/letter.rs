//! Mails that people get, each a template in HTML and in text.

use domain::{
    Secret, Span, UserId,
    account::{Email, User},
    link::Purpose,
};
use outside::mail::{Mail, MailError};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::jobs::Job;

use super::worker::Failure;
use crate::{App, Ctx, link::lifetime};

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
        }
    }

    /// What its link is good for, if it has one.
    pub const fn purpose(self) -> Option<Purpose> {
        match self {
            Letter::VerifyEmail => Some(Purpose::VerifyEmail),
            Letter::ResetPassword => Some(Purpose::ResetPassword),
            Letter::ChangeEmail => Some(Purpose::ChangeEmail),
            Letter::EmailChanged => Some(Purpose::UndoEmailChange),
            Letter::Welcome
            | Letter::SessionReused
            | Letter::RegistrationRepeated
            | Letter::PasswordChanged => None,
        }
    }
}

/// A letter and who gets it.
pub(super) struct Addressed {
    pub letter: Letter,
    pub user_id: UserId,
    pub to: Option<Email>,
    pub token: Option<Secret>,
}

/// Renders and sends a letter. Somebody who is gone gets none.
pub(super) async fn send(
    app: &App,
    ctx: &Ctx,
    job: &Job,
    addressed: Addressed,
) -> Result<(), Failure> {
    let Addressed { letter, user_id, to, token } = addressed;
    let unit = async move |db| store::users::by_id(&db, user_id).await;
    let found = app.store.get(unit).await.map_err(crate::Error::from)?;
    let Some(user) = found.filter(User::is_usable) else { return Ok(()) };
    let to = to.unwrap_or_else(|| user.email.clone());
    let link = letter.purpose().zip(token).map(|(purpose, token)| Link::new(app, purpose, &token));
    let values = values(app, &user, &to, link, job);
    let rendered = app.render.mail(letter.name(), &values)?;
    let mail = Mail {
        id: job.id.to_string(),
        to,
        to_name: Some(user.full_name()).filter(|it| !it.is_empty()),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        language: Some("en".into()),
    };
    app.mailer.send(&mail, ctx.now).await.map_err(|error| match error {
        MailError::Permanent(text) => Failure::Permanent(text),
        MailError::Temporary(text) => Failure::Temporary(text),
    })
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
        };
        let address = match operators_own.as_str() {
            "" => format!("{}/{page}?token={}", app.public_url(), token.expose()),
            template => template.replace("{token}", token.expose()),
        };
        Link { address, lifetime: lifetime(app, purpose) }
    }
}

fn values(app: &App, user: &User, to: &Email, link: Option<Link>, job: &Job) -> Json {
    json!({
        "product": app.settings.server.name,
        "public_url": app.public_url(),
        "name": user.greeting(),
        "email": to.as_str(),
        "new_email": user.email.as_str(),
        "link": link.as_ref().map(|it| &it.address),
        "lifetime": link.as_ref().map(|it| words(it.lifetime)),
        "happened_at": job.created_at.to_string(),
    })
}

/// `24 hours`, for people.
fn words(span: Span) -> String {
    let plural = |count: u64, unit: &str| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    match span.as_seconds() {
        seconds if seconds % 86_400 == 0 && seconds > 86_400 => plural(seconds / 86_400, "day"),
        seconds if seconds % 3_600 == 0 => plural(seconds / 3_600, "hour"),
        seconds => plural(seconds.div_ceil(60), "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_words() {
        assert_eq!(words(Span::hours(24)), "24 hours");
        assert_eq!(words(Span::hours(1)), "1 hour");
        assert_eq!(words(Span::days(7)), "7 days");
        assert_eq!(words(Span::minutes(15)), "15 minutes");
    }
}
