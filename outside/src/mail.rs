//! Outgoing mail: over SMTP, over SendGrid's API, into files, or into an inbox in memory for
//! development and tests.
//!
//! A mail that was sent without an error was accepted by the mail server, is whole on disk, or is
//! in the inbox. An error tells whether to retry, and never contains credentials.

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
    /// Identifies the mail in its Message-ID and its file name: letters, digits, `-`, `_` and `.`.
    pub id: String,
    pub to: Email,
    pub to_name: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// A language tag (RFC 5646) such as `de`.
    pub language: Option<String>,
}

/// A transport for mails.
#[derive(Clone)]
pub enum Mailer {
    Smtp(Arc<Smtp>),
    SendGrid(Arc<SendGrid>),
    File(Arc<Folder>),
    Inbox(Inbox),
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A retry may succeed.
    #[error("the mail was not sent: {0}")]
    Temporary(String),
    /// A retry may succeed once the operator has fixed something: neither the mail nor its
    /// recipient is refused.
    #[error("mail is refused because of us: {0}")]
    Ours(String),
    /// A retry cannot succeed.
    #[error("the mail can never be sent: {0}")]
    Permanent(String),
}

impl MailError {
    pub fn is_permanent(&self) -> bool {
        matches!(self, MailError::Permanent(_))
    }
}

impl Mailer {
    /// The mailer of the settings, for the server at `public_url`. Does not connect yet.
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

    /// Sends the mail. `now` is its date.
    pub async fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        match self {
            Mailer::Smtp(smtp) => smtp.send(mail, now).await,
            Mailer::SendGrid(sendgrid) => sendgrid.send(mail, now).await,
            Mailer::File(folder) => folder.send(mail, now).await,
            Mailer::Inbox(inbox) => inbox.send(mail, now),
        }
    }

    /// The inbox of `inbox:`.
    pub fn inbox(&self) -> Option<&Inbox> {
        match self {
            Mailer::Inbox(inbox) => Some(inbox),
            Mailer::Smtp(_) | Mailer::SendGrid(_) | Mailer::File(_) => None,
        }
    }
}

fn sender(text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|error| {
        MailError::Permanent(format!("email.from {text:?} is not a mail address: {error}"))
    })
}
