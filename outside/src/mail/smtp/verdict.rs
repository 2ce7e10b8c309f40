//! What an SMTP error is about: the mail, the operator's setup, or a temporary condition. Only the
//! first is given up, and operators are told of the second.
//!
//! The enhanced code (RFC 3463) tells more than the reply code. Many servers report a problem with
//! the client only when a recipient is named.

use lettre::transport::smtp;

/// How far the dialogue had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before a recipient was named.
    Connection,
    Recipient,
    /// At the mail itself.
    Mail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The mail or its recipient is refused for good.
    Mail,
    /// Our setup, reputation or rate is refused.
    Us,
    /// It is temporary, or the recipient can fix it.
    Passing,
}

pub(super) fn verdict(error: &smtp::Error, phase: Phase) -> Verdict {
    match error.status() {
        Some(status) => decide(phase, status.into(), &error.to_string()),
        // The server does not support what we need.
        None if phase == Phase::Connection && error.is_client() => Verdict::Us,
        None => Verdict::Passing,
    }
}

fn decide(phase: Phase, status: u16, text: &str) -> Verdict {
    let code = enhanced(text);
    match (status, phase) {
        (500.., Phase::Connection) => Verdict::Us,
        // The owner of a full mailbox can make room.
        (500.., _) if code == Some((2, 2)) => Verdict::Passing,
        (500.., _) if is_about_the_mail(status, code) => Verdict::Mail,
        (500.., _) => Verdict::Us,
        _ if matches!(code, Some((7, _))) && !is_greylisting(phase, status, code, text) => {
            Verdict::Us
        }
        _ => Verdict::Passing,
    }
}

fn is_about_the_mail(status: u16, code: Option<(u16, u16)>) -> bool {
    match code {
        // No code, or one that is unspecific, or only about the protocol.
        None | Some((0 | 5, 0)) => matches!(status, 501 | 550..=553),
        // The recipient's address, but not the sender's.
        Some((1, detail)) => !matches!(detail, 7..=9),
        Some((2, _)) => true,
        // The mail is too large.
        Some((3, detail)) => detail == 4,
        // The recipient's domain cannot be reached.
        Some((4, detail)) => matches!(detail, 1 | 4),
        Some((6, _)) => true,
        Some(_) => false,
    }
}

/// Greylisting, which passes by itself. Some servers name it; most others answer 451 4.7.1 to a
/// recipient.
fn is_greylisting(phase: Phase, status: u16, code: Option<(u16, u16)>, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("greylist")
        || text.contains("graylist")
        || (phase == Phase::Recipient && status == 451 && code == Some((7, 1)))
}

/// Subject and detail of the enhanced code, which is the first word of a reply. Anything similar
/// later on is an address or a version.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    let (_, answer) = text.split_once("): ")?;
    let word = answer.split_whitespace().next()?;
    let mut numbers = word.trim_matches(|it: char| !it.is_ascii_digit()).split('.');
    let mut number = || numbers.next()?.parse::<u16>().ok();
    match (number()?, number()?, number()?, numbers.next()) {
        (4 | 5, subject, detail, None) => Some((subject, detail)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enhanced_code_is_the_first_word() {
        let cases = [
            ("permanent error (550): 5.1.1 No such user", Some((1, 1))),
            ("permanent error (550): 5.7.1: blocked", Some((7, 1))),
            ("permanent error (550): <5.7.1> blocked", Some((7, 1))),
            ("permanent error (554): 192.0.2.1 is listed, 5.7.1", None),
            ("permanent error (550): Exim 4.96.2 says user unknown", None),
            ("permanent error (550): 5.7.1.2 says no", None),
            ("permanent error (550): Postfix 3.8 says no", None),
            ("permanent error (550)", None),
        ];
        for (text, code) in cases {
            assert_eq!(enhanced(text), code, "{text}");
        }
    }

    #[test]
    fn what_a_refusal_is_about() {
        use Phase::{Connection, Mail, Recipient};
        let cases = [
            (Recipient, "552 5.2.2 mailbox full", Verdict::Passing),
            (Mail, "552 5.2.2 mailbox full", Verdict::Passing),
            (Recipient, "452 4.2.2 mailbox full", Verdict::Passing),
            (Recipient, "550 5.2.1 mailbox disabled", Verdict::Mail),
            (Recipient, "450 4.7.1 too much mail", Verdict::Us),
            (Mail, "421 4.7.28 unusual rate of mail", Verdict::Us),
            (Connection, "421 4.7.0 try again later", Verdict::Us),
            (Recipient, "451 4.7.1 try again later", Verdict::Passing),
            (Mail, "451 4.7.1 try again later", Verdict::Us),
            (Recipient, "450 4.7.1 <a@example.com>: Greylisted", Verdict::Passing),
            (Mail, "451 4.7.0 graylisting in action", Verdict::Passing),
            (Connection, "451 4.7.1 Greylisted", Verdict::Passing),
            (Recipient, "450 4.2.0 <a@example.com>: Greylisted", Verdict::Passing),
            (Recipient, "550 5.7.1: blocked", Verdict::Us),
            (Recipient, "550 Exim 4.96.2 says user unknown", Verdict::Mail),
            (Recipient, "550 5.5.0 Requested action not taken: mailbox unavailable", Verdict::Mail),
            (Recipient, "501 Bad address syntax", Verdict::Mail),
            (Recipient, "501 5.1.3 Bad address syntax", Verdict::Mail),
            (Connection, "501 Bad address syntax", Verdict::Us),
            (Recipient, "504 5.5.2 Helo command rejected", Verdict::Us),
            (Recipient, "554 5.7.1 Relay access denied", Verdict::Us),
            (Recipient, "550 5.1.8 sender's domain not found", Verdict::Us),
            (Mail, "552 5.3.4 too large", Verdict::Mail),
            (Mail, "554 says no", Verdict::Us),
        ];
        for (phase, answer, expected) in cases {
            let (status, said) = answer.split_once(' ').unwrap();
            // As the client tells of it.
            let text = format!("permanent error ({status}): {said}");
            assert_eq!(decide(phase, status.parse().unwrap(), &text), expected, "{answer}");
        }
    }
}
