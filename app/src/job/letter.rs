//! Mails that people get, each a template in HTML and in text.

use domain::{Secret, Span, UserId, account::User};
use outside::mail::{Mail, MailError};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use store::jobs::Job;

use super::worker::Failure;
use crate::{App, Ctx};

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
}

impl Letter {
    pub const ALL: &[Letter] = &[
        Letter::VerifyEmail,
        Letter::Welcome,
        Letter::SessionReused,
        Letter::RegistrationRepeated,
    ];

    /// The name of its templates.
    pub const fn name(self) -> &'static str {
        match self {
            Letter::VerifyEmail => "verify_email",
            Letter::Welcome => "welcome",
            Letter::SessionReused => "session_reused",
            Letter::RegistrationRepeated => "registration_repeated",
        }
    }
}

/// Renders and sends a letter. Somebody who is gone gets none.
pub(super) async fn send(
    app: &App,
    ctx: &Ctx,
    job: &Job,
    (letter, user_id, token): (Letter, UserId, Option<Secret>),
) -> Result<(), Failure> {
    let unit = async move |db| store::users::by_id(&db, user_id).await;
    let found = app.store.get(unit).await.map_err(crate::Error::from)?;
    let Some(user) = found.filter(User::is_usable) else { return Ok(()) };
    let values = values(app, &user, token.as_ref(), job);
    let rendered = app.render.mail(letter.name(), &values)?;
    let mail = Mail {
        id: job.id.to_string(),
        to: user.email.clone(),
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

fn values(app: &App, user: &User, token: Option<&Secret>, job: &Job) -> Json {
    let lifetime = app.settings.links.verify_email_lifetime;
    json!({
        "product": app.settings.server.name,
        "public_url": app.public_url(),
        "name": user.greeting(),
        "email": user.email.as_str(),
        "link": token.map(|it| verification_link(app, it)),
        "lifetime": words(lifetime),
        "happened_at": job.created_at.to_string(),
    })
}

fn verification_link(app: &App, token: &Secret) -> String {
    match app.settings.links.verify_email_url.as_str() {
        "" => format!("{}/verify-email?token={}", app.public_url(), token.expose()),
        operators_own => operators_own.replace("{token}", token.expose()),
    }
}

/// `24 hours`, for people.
fn words(span: Span) -> String {
    let plural = |count: u64, unit: &str| match count {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    };
    match span.as_seconds() {
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
        assert_eq!(words(Span::minutes(15)), "15 minutes");
    }
}
