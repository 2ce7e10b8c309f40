//! Whether a refusal is about one mail or about us. A mail is given up for the first alone.
//!
//! Servers tell by the enhanced code (RFC 3463) more than by the code, and many tell what they have
//! against the client only when they hear of a recipient.

use lettre::transport::smtp;

/// What somebody refused for good, once they knew sender and recipient.
pub(super) fn is_about_the_mail(error: &smtp::Error) -> bool {
    if !error.is_permanent() {
        return false;
    }
    match enhanced(&error.to_string()) {
        // The recipient's address, but not the sender's.
        Some((1, detail)) => !matches!(detail, 7..=9),
        // The owner of a full box can make room.
        Some((2, detail)) => detail != 2,
        // The mail is too large.
        Some((3, detail)) => detail == 4,
        // There is no way to the recipient's domain.
        Some((4, detail)) => matches!(detail, 1 | 4),
        Some((6, _)) => true,
        Some(_) => false,
        None => matches!(error.status().map(u16::from), Some(550..=553)),
    }
}

/// A refusal for now that is about what we are or how much we send.
pub(super) fn is_policy(error: &smtp::Error) -> bool {
    error.is_transient() && matches!(enhanced(&error.to_string()), Some((7, _)))
}

/// Subject and detail of the first enhanced code.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split_whitespace().find_map(|word| {
        let mut numbers = word.split('.').map(|it| it.parse::<u16>().ok());
        match (numbers.next()??, numbers.next()??, numbers.next()??, numbers.next()) {
            (4 | 5, subject, detail, None) => Some((subject, detail)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_are_found() {
        let cases = [
            ("permanent error (550): 5.1.1 No such user", Some((1, 1))),
            ("permanent error (554): 192.0.2.1 is listed, 5.7.1", Some((7, 1))),
            ("permanent error (550): Postfix 3.8 says no", None),
            ("permanent error (550)", None),
        ];
        for (text, code) in cases {
            assert_eq!(enhanced(text), code, "{text}");
        }
    }
}
