//! Mail over SMTP (RFC 5321), with STARTTLS or TLS from the start, and connections used again.
//!
//! One deadline holds for the whole of a mail. A connection is put back only after a mail that went
//! through: one that was given up in the middle would take the next answer for the wrong question.

mod relay;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Time, settings};
use lettre::{Message, message::Mailbox, transport::smtp::client::AsyncSmtpConnection};
use tokio::time::timeout;

use self::relay::{Failure, Relay};
use super::{Mail, MailError, compose::compose};

/// How many connections wait for the next mail.
const IDLE: usize = 2;

/// How long a waiting connection may take to say that it still stands.
const STILL_THERE: Duration = Duration::from_secs(2);

/// What servers say with 552 of a box that is full, and not of a mail that is too large for any.
const BOX_IS_FULL: &str = "5.2.2";

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
        from: Mailbox,
    ) -> Result<Smtp, MailError> {
        let relay = Relay::parse(settings.url.expose(), &settings.ca_file)
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
        connection.send(message.envelope(), &message.formatted()).await?;
        let mut idle = self.idle();
        if !connection.has_broken() && idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(())
    }

    /// A connection of an earlier mail that still stands.
    async fn waiting(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let mut connection = self.idle().pop()?;
            if let Ok(true) = timeout(STILL_THERE, connection.test_connected()).await {
                return Some(connection);
            }
        }
    }

    fn judge(&self, failure: &Failure, mail: &Mail) -> MailError {
        let Failure::Smtp(error) = failure else {
            let text = "the mail server offers no TLS, and the password must not travel without; \
                        email.url allows it with ?tls=none";
            return MailError::Temporary(text.to_owned());
        };
        // RFC 4954, section 6: these are about our credentials, not about this mail.
        if let Some(code @ (530 | 534 | 535 | 538)) = error.status().map(u16::from) {
            return MailError::Temporary(format!("the mail server refused our sign-in ({code})"));
        }
        // Without a code: the server cannot take an address that is not ASCII.
        let unwritable = error.is_client() && !mail.to.as_str().is_ascii();
        // Servers repeat the address, which has no place in a log.
        let said = error.to_string().replace(mail.to.as_str(), "the recipient");
        // RFC 3463, section 3.3: the owner of a full box can make room.
        let is_full = said.contains(BOX_IS_FULL);
        let text = self.relay.without_credentials(&said);
        match error.is_permanent() && !is_full || unwritable {
            true => MailError::Permanent(text),
            false => MailError::Temporary(text),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AsyncSmtpConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
