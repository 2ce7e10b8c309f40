//! Outgoing mail: over SMTP, over SendGrid's API, into files, or into a box in memory for
//! development and tests.
//!
//! A mail that was sent without an error is with the mail server, whole on disk, or in the box. An
//! error says whether to try again, and never contains credentials.

mod compose;
mod file;
mod inbox;
mod sendgrid;
mod smtp;

use std::sync::Arc;

use domain::{Time, account::Email, settings};
use lettre::message::Mailbox;

pub use self::{
    file::Folder,
    inbox::{Inbox, Kept},
    sendgrid::SendGrid,
    smtp::{Smtp, SmtpAddress, is_hello_name},
};

/// A mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Names the mail in its Message-ID and its file: letters, digits, `-`, `_` and `.`.
    pub id: String,
    pub to: Email,
    pub to_name: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// A language tag (RFC 5646) such as `de`.
    pub language: Option<String>,
}

/// How mails leave.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Arc<Smtp>),
    SendGrid(Arc<SendGrid>),
    File(Arc<Folder>),
    Inbox(Inbox),
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It may leave later.
    #[error("the mail was not sent: {0}")]
    Temporary(String),
    /// It may leave once something is mended here: neither it nor its recipient is what is refused.
    #[error("mail is refused because of us: {0}")]
    Ours(String),
    /// It never will.
    #[error("the mail can never be sent: {0}")]
    Permanent(String),
}

impl MailError {
    pub fn is_permanent(&self) -> bool {
        matches!(self, MailError::Permanent(_))
    }
}

impl Mailer {
    /// The mailer of the settings, for the server at `public_url`. Connects to nobody yet.
    pub fn from_settings(
        settings: &settings::Email,
        outbound: &settings::Outbound,
        public_url: &str,
    ) -> Result<Mailer, MailError> {
        let from = sender(&settings.from)?;
        let url = settings.url.expose();
        match url.split_once(':') {
            Some(("smtp" | "smtps", _)) => {
                Ok(Mailer::Smtp(Arc::new(Smtp::from_settings(settings, public_url, from)?)))
            }
            Some(("sendgrid", _)) => {
                let sendgrid = SendGrid::from_settings(settings, outbound, from)?;
                Ok(Mailer::SendGrid(Arc::new(sendgrid)))
            }
            Some(("file", folder)) => Ok(Mailer::File(Arc::new(Folder::open(folder, from)?))),
            Some(("inbox", _)) => Ok(Mailer::Inbox(Inbox::new(from))),
            _ => Err(MailError::Permanent(
                "email.url must begin with smtp:, smtps:, sendgrid:, file: or inbox:".into(),
            )),
        }
    }

    /// Hands the mail over. `now` is its date.
    pub async fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        match self {
            Mailer::Smtp(smtp) => smtp.send(mail, now).await,
            Mailer::SendGrid(sendgrid) => sendgrid.send(mail, now).await,
            Mailer::File(folder) => folder.send(mail, now).await,
            Mailer::Inbox(inbox) => inbox.send(mail, now),
        }
    }

    /// The box of `inbox:`.
    pub fn inbox(&self) -> Option<&Inbox> {
        match self {
            Mailer::Inbox(inbox) => Some(inbox),
            Mailer::Smtp(_) | Mailer::SendGrid(_) | Mailer::File(_) => None,
        }
    }
}

fn sender(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|error| {
        MailError::Permanent(format!("email.from {text:?} is no mail address: {error}"))
    })
}
