//! Composes messages (RFC 5322): text and HTML as alternatives.
//!
//! No field can inject a header, whatever it contains.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::{Time, account::Email};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::{Mail, MailError};

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
const CONTENT_LANGUAGE: HeaderName = HeaderName::new_from_ascii_str("Content-Language");

/// Returns the message, or a permanent error.
pub(super) fn compose(mail: &Mail, from: &Mailbox, now: Time) -> Result<Message, MailError> {
    if !is_word(&mail.id) {
        return Err(MailError::Permanent(format!("{:?} is not a valid mail id", mail.id)));
    }
    let address = address(&mail.to)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![address.clone()]).map_err(wrong)?;
    let name = mail.to_name.as_deref().map(one_line).filter(|it| !it.is_empty());
    let mut builder = Message::builder()
        .envelope(envelope)
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(&mail.subject))
        .date(date(now))
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        // RFC 3834: no automatic replies.
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".into()));
    if let Some(language) = mail.language.as_deref().filter(|it| is_word(it)) {
        builder = builder.raw_header(HeaderValue::new(CONTENT_LANGUAGE, language.to_owned()));
    }
    let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    builder.multipart(parts).map_err(wrong)
}

/// By our own grammar: lettre accepts the letters of all scripts, but not their combining marks.
fn address(to: &Email) -> Result<Address, MailError> {
    let to = Email::parse(to.as_str()).map_err(|error| wrong(error.message))?;
    Ok(Address::new_dangerous(to.local(), to.domain()))
}

fn wrong(error: impl std::fmt::Display) -> MailError {
    MailError::Permanent(error.to_string())
}

pub(super) fn is_word(text: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 100 && !text.starts_with('.') && text.chars().all(is_plain)
}

/// Names and subjects come from people and may contain line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect::<String>().trim().into()
}

fn date(now: Time) -> SystemTime {
    // Years before 1970 and after 9999 cannot be written in a Date header.
    let micros = now.0.clamp(0, 253_402_300_799_000_000).unsigned_abs();
    UNIX_EPOCH + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        Mail {
            id: "018f-7".into(),
            to: Email::parse("anna@example.com").unwrap(),
            to_name: Some("Anna Ünal".into()),
            subject: "Grüße".into(),
            text: "Hallo Anna, schöne Grüße".into(),
            html: "<p>Hallo <b>Anna</b></p>".into(),
            language: Some("de-AT".into()),
        }
    }

    fn composed(mail: &Mail) -> String {
        let from = "Portcullis <no-reply@id.example.org>".parse().unwrap();
        let message = compose(mail, &from, Time(1_800_000_000_000_000)).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn a_mail_has_its_headers_and_both_parts() {
        let text = composed(&mail());
        let expected = [
            "From: Portcullis <no-reply@id.example.org>\r\n",
            "<anna@example.com>\r\n",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n",
            "Message-ID: <018f-7@id.example.org>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: de-AT\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
            "<p>Hallo <b>Anna</b></p>",
        ];
        for part in expected {
            assert!(text.contains(part), "{part:?} is missing in {text}");
        }
        assert!(text.is_ascii(), "what is not ASCII is encoded");
    }

    #[test]
    fn an_address_is_of_any_script() {
        let mut mail = mail();
        mail.to = Email::parse("हिन्दी@उदाहरण.भारत").unwrap();
        let from = "no-reply@example.org".parse().unwrap();
        let message = compose(&mail, &from, Time(0)).unwrap();
        assert_eq!(message.envelope().to()[0].user(), "हिन्दी");
        for wrong in ["a\r\nb@example.com", "a@example.com>\r\nX: y", "a b@example.com"] {
            mail.to = Email::from(wrong.to_owned());
            assert!(compose(&mail, &from, Time(0)).unwrap_err().is_permanent(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_begins_a_header_of_its_own() {
        let evil = "x\r\nBcc: eve@example.com\r\n\r\nbody";
        let mut mail = mail();
        mail.subject = evil.into();
        mail.to_name = Some(evil.into());
        mail.language = Some(evil.into());
        let text = composed(&mail);
        assert!(!text.lines().any(|it| it.starts_with("Bcc") || it.starts_with("body")), "{text}");
        assert!(!text.contains("Content-Language"));
    }

    #[test]
    fn an_id_is_a_word() {
        let from = "no-reply@example.org".parse().unwrap();
        for id in ["", "a b", "../a", ".a", "a\r\nBcc: x", "a>", "ä"] {
            let mail = Mail { id: id.into(), ..mail() };
            assert!(compose(&mail, &from, Time(0)).unwrap_err().is_permanent(), "{id:?}");
        }
    }

    #[test]
    fn any_time_has_a_date() {
        for time in [Time(i64::MIN), Time(0), Time(i64::MAX)] {
            let from = "no-reply@example.org".parse().unwrap();
            assert!(compose(&mail(), &from, time).is_ok());
        }
    }
}
