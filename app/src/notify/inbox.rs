//! The development inbox: mails that were stored instead of sent.

use serde::Serialize;

use domain::settings::Profile;

use crate::App;

/// A stored mail.
#[derive(Debug, Clone, Serialize)]
pub struct KeptMail {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub received_at: String,
}

/// All mails, newest first. `None` if this server sends its mails, or is in production.
pub fn list(app: &App) -> Option<Vec<KeptMail>> {
    if app.settings.profile == Profile::Production {
        return None;
    }
    let mail = |it: outside::mail::Kept| KeptMail {
        id: it.id,
        to: it.to,
        subject: it.subject,
        text: it.text,
        html: it.html,
        received_at: it.received_at.to_string(),
    };
    Some(app.mailer.inbox()?.list().into_iter().map(mail).collect())
}
