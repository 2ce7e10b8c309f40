//! Email addresses: their normal form, and how they are compared.

use std::fmt;

use email_address::{EmailAddress, Options};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{invisible::is_ignorable, problem::FieldError, say};

/// RFC 5321, section 4.5.3.1.3: a path is at most 256 octets, two of which are its brackets.
const MAX_LENGTH: usize = 254;

/// Longer text is refused without parsing. Twice the limit, because NFC shortens decomposed
/// letters.
const MAX_TYPED_LENGTH: usize = 2 * MAX_LENGTH;
/// RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL_LENGTH: usize = 64;

/// An address in lower case and in NFC (RFC 6532, section 3.1), its domain in ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    pub fn parse(text: &str) -> Result<Email, FieldError> {
        let invalid = || FieldError::new("invalid", say!("Enter a valid email address."));
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::required());
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(invalid)?;
        if text.len() > MAX_TYPED_LENGTH {
            return Err(invalid());
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| invalid())?;
        let local: String = local.to_lowercase().nfc().collect();
        let address = format!("{local}@{domain}");
        if address.len() > MAX_LENGTH || !is_local(&local) {
            return Err(invalid());
        }
        let options = Options::default().with_required_tld().without_domain_literal();
        EmailAddress::parse_with_options(&format!("x@{domain}"), options).map_err(|_| invalid())?;
        Ok(Email(address))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is unique. Two addresses of one mailbox have the same: Gmail ignores dots and
    /// what follows a plus.
    pub fn canonical(&self) -> String {
        let Some((local, domain)) = self.0.rsplit_once('@') else { return self.0.clone() };
        if !matches!(domain, "gmail.com" | "googlemail.com") {
            return self.0.clone();
        }
        let local = local.split('+').next().unwrap_or(local).replace('.', "");
        format!("{local}@gmail.com")
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |it| it.1)
    }

    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.as_str(), |it| it.0)
    }
}

/// The part before the `@`: words with dots between them (RFC 5322, section 3.2.3), in any script
/// (RFC 6531, section 3.3), without invisible characters. `email_address` accepts the letters of
/// all scripts but not their combining marks.
fn is_local(text: &str) -> bool {
    let is_atext = |it: char| it.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(it);
    let may_be = |it: char| (is_atext(it) || is_combining_mark(it)) && !is_ignorable(it);
    let is_word = |word: &str| word.starts_with(is_atext) && word.chars().all(may_be);
    text.len() <= MAX_LOCAL_LENGTH && text.split('.').all(is_word)
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For the store, which holds only addresses that were parsed once.
impl From<String> for Email {
    fn from(kept: String) -> Email {
        Email(kept)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case() {
        let cases = [
            (" Anna@Example.COM ", "anna@example.com"),
            ("o'neil+x@sub.example.org", "o'neil+x@sub.example.org"),
            ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
            ("JO\u{308}RG@bu\u{308}cher.example", "jörg@xn--bcher-kva.example"),
            ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
            ("हिन्दी@उदाहरण.भारत", "हिन्दी@xn--p1b6ci4b4b3a.xn--h2brj9c"),
            ("q\u{323}\u{307}@example.com", "q\u{323}\u{307}@example.com"),
        ];
        for (text, kept) in cases {
            assert_eq!(Email::parse(text).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("{}@example.com", "e\u{301}".repeat(1_000_000));
        let wrong = [
            "",
            "anna",
            "@example.com",
            "anna@",
            "anna@localhost",
            "a b@example.com",
            "anna@[127.0.0.1]",
            "Anna <anna@example.com>",
            "a\0b@example.com",
            "\"a b\"@example.com",
            "a@example..com",
            "a@b@example.com",
            "\u{301}a@example.com",
            "a.\u{301}@example.com",
            "a\u{202e}b@example.com",
            "a\u{200b}b@example.com",
            "anna\u{fe0f}@example.com",
            "an\u{34f}na@example.com",
            "anna\u{e0100}@example.com",
            "an\u{17b4}na@example.com",
            "anna\u{180b}@example.com",
            "\u{115f}anna@example.com",
            "an\u{1160}na@example.com",
            "\u{3164}@example.com",
            "anna\u{ffa0}@example.com",
            "an\u{200d}na@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a\r\nBcc:x@example.com",
            long.as_str(),
            longer.as_str(),
        ];
        for text in wrong {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn one_gmail_box_is_one_address() {
        let canonical = |text: &str| Email::parse(text).unwrap().canonical();
        assert_eq!(canonical("a.n.na+shop@googlemail.com"), "anna@gmail.com");
        assert_eq!(canonical("a.nna+shop@example.com"), "a.nna+shop@example.com");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in ".{0,300}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()).unwrap(), email);
            }
        }
    }
}
