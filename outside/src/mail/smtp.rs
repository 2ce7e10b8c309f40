//! Mail over SMTP (RFC 5321), with STARTTLS or implicit TLS, and reused connections.
//!
//! Errors before a recipient was named are the operator's to fix, and so are many later ones
//! (`verdict.rs`).
//!
//! One deadline covers a whole mail. A connection is reused only after a successful mail: on one
//! that was interrupted, the next response could belong to an earlier command.

mod hello;
mod relay;
mod verdict;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Time, settings};
use lettre::{
    Message,
    message::Mailbox,
    transport::smtp::{
        self,
        client::AsyncSmtpConnection,
        commands::{Data, Mail as From, Rcpt},
        extension::{Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::time::timeout;

pub use self::{hello::is_hello_name, relay::SmtpAddress};
use self::{
    relay::{Failure, Relay},
    verdict::{Phase, Verdict, verdict},
};
use super::{Mail, MailError, compose::compose};

/// How many idle connections are kept.
const IDLE: usize = 2;

/// How long an idle connection may take to show that it is alive.
const STILL_THERE: Duration = Duration::from_secs(2);

/// A mail server.
pub struct Smtp {
    relay: Relay,
    from: Mailbox,
    patience: Duration,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl Smtp {
    pub(super) fn from_settings(
        settings: &settings::Email,
        public_url: &str,
        from: Mailbox,
    ) -> Result<Smtp, MailError> {
        let hello = hello::name(&settings.hello_name, public_url, from.email.domain());
        let relay = Relay::parse(settings.url.expose(), &settings.ca_file, hello)
            .map_err(|wrong| MailError::Permanent(format!("email.url: {wrong}")))?;
        Ok(Smtp { relay, from, patience: settings.timeout.duration(), idle: Mutex::default() })
    }

    pub(super) async fn send(&self, mail: &Mail, now: Time) -> Result<(), MailError> {
        let message = compose(mail, &self.from, now)?;
        match timeout(self.patience, self.deliver(&message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(failure)) => Err(self.judge(&failure, mail)),
            Err(_) => {
                Err(MailError::Temporary("the mail server did not answer in time".to_owned()))
            }
        }
    }

    async fn deliver(&self, message: &Message) -> Result<(), Failure> {
        let mut connection = match self.waiting().await {
            Some(connection) => connection,
            None => self.relay.connect(self.patience).await?,
        };
        let handed = hand_over(&mut connection, message).await;
        if handed.is_err() {
            // Its state is unknown; a server that does not respond must not delay the result.
            drop(timeout(STILL_THERE.min(self.patience / 10), connection.abort()).await);
            return handed;
        }
        let mut idle = self.idle();
        if !connection.has_broken() && idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(())
    }

    /// An idle connection that is alive.
    async fn waiting(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = self.idle().pop()?;
            if let Ok(true) = timeout(STILL_THERE, connection.test_connected()).await {
                return Some(connection);
            }
        }
    }

    fn judge(&self, failure: &Failure, mail: &Mail) -> MailError {
        let (error, phase) = match failure {
            Failure::Unencrypted => {
                let text = "the mail server offers no TLS, and the password must not be \
                            sent unencrypted; email.url allows it with ?tls=none";
                return MailError::Ours(text.to_owned());
            }
            Failure::Unwritable => {
                let text = "the mail server cannot take an address that is not ASCII";
                return MailError::Permanent(text.to_owned());
            }
            Failure::Refused(error, phase) => (error, *phase),
        };
        let text = self.words(error, mail);
        // RFC 4954, section 6: these are about our credentials, not about this mail.
        if matches!(error.status().map(u16::from), Some(530 | 534 | 535 | 538)) {
            return MailError::Ours(format!("the mail server refused our sign-in: {text}"));
        }
        match verdict(error, phase) {
            Verdict::Mail => MailError::Permanent(text),
            Verdict::Us => MailError::Ours(text),
            Verdict::Passing => MailError::Temporary(text),
        }
    }

    /// The server's response, for the log, without the recipient's address, which servers repeat.
    fn words(&self, error: &smtp::Error, mail: &Mail) -> String {
        let said = error.to_string().replace(mail.to.as_str(), "the recipient");
        self.relay.without_credentials(&said)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The commands for one mail (RFC 5321, section 3.3).
async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Failure> {
    let (envelope, bytes) = (message.envelope(), message.formatted());
    let mut options = Vec::new();
    let mut addresses = envelope.to().iter().chain(envelope.from());
    if !addresses.all(|it| it.user().is_ascii() && it.domain().is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Unwritable);
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = From::new(envelope.from().cloned(), options);
    connection.command(from).await?;
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        connection.command(to).await.map_err(|it| Failure::Refused(it, Phase::Recipient))?;
    }
    let of_mail = |it| Failure::Refused(it, Phase::Mail);
    connection.command(Data).await.map_err(of_mail)?;
    connection.message(&bytes).await.map_err(of_mail)?;
    Ok(())
}
