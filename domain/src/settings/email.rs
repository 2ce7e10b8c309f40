//! `[email]`

use super::section;
use crate::{Secret, Span};

section! {
    /// Outgoing mail.
    pub struct Email {
        /// `smtp://user:password@host:587` (STARTTLS where the server offers it; add
        /// `?tls=required` to insist, `?tls=none` to let even the password travel unencrypted),
        /// `smtps://…` (TLS from the start), `sendgrid:` (SendGrid's API, with
        /// `email.sendgrid_key`), `file:folder` (one `.eml` a mail) or `inbox:` (kept in memory and
        /// shown at `/dev/inbox`, development and testing only).
        pub url: Secret = "inbox:".into(),
        /// The sender.
        pub from: String = "Portcullis <no-reply@localhost>".into(),
        /// The API key of `sendgrid:`. It needs the permission to send mail and no other.
        pub sendgrid_key: Secret = Secret::default(),
        /// Where SendGrid's API is: `https://api.eu.sendgrid.com` for accounts in the EU.
        pub sendgrid_url: String = "https://api.sendgrid.com".into(),
        /// How long a mail server may take to answer.
        pub timeout: Span = Span::seconds(20),
        /// A PEM file of the certificate authority of the mail server, beside those of the web.
        pub ca_file: String = String::new(),
    }
}
