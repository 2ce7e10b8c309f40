//! `[email]`

use super::section;
use crate::{Secret, Span};

section! {
    /// Outgoing mail.
    pub struct Email {
        /// `smtp://user:password@host:587?tls=required` (STARTTLS; without `?tls=required` only
        /// where the server offers it, which is not enough in production; with `?tls=none` even
        /// the password travels unencrypted),
        /// `smtps://…` (TLS from the start), `sendgrid:` (SendGrid's API, with
        /// `email.sendgrid_key`), `file:folder` (one `.eml` a mail) or `inbox:` (kept in memory and
        /// shown at `/dev/inbox`, development and testing only).
        pub url: Secret = "inbox:".into(),
        /// The sender.
        pub from: String = "Portcullis <no-reply@localhost>".into(),
        /// What we call ourselves to a mail server (EHLO): a full host name or an IP address. Empty:
        /// the host of `server.public_url`, else the domain of the sender.
        pub hello_name: String = String::new(),
        /// Let mail travel unencrypted to a mail server on another host, in production too. Mails
        /// carry tokens that open accounts: only on a network of your own.
        pub allow_unencrypted: bool = false,
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
