//! Which addresses may register.

use super::Email;
use crate::{problem::FieldError, say, settings::Registration};

/// Refuses an address whose domain is blocked, or not among those that are allowed.
pub fn check_domain(email: &Email, rules: &Registration) -> Result<(), FieldError> {
    let domain = email.domain();
    let is_among = |patterns: &[String]| patterns.iter().any(|it| matches(domain, it));
    let is_allowed = rules.allowed_domains.is_empty() || is_among(&rules.allowed_domains);
    match is_allowed && !is_among(&rules.blocked_domains) {
        true => Ok(()),
        false => Err(FieldError::new(
            "email_domain_not_allowed",
            say!("Addresses of this domain cannot be registered."),
        )),
    }
}

/// `example.com` matches itself only, `*.example.com` its subdomains.
fn matches(domain: &str, pattern: &str) -> bool {
    // Normalized as the domain of an address is.
    let ascii = |it: &str| idna::domain_to_ascii(it).unwrap_or_else(|_| it.to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        Some(parent) => domain.strip_suffix(&ascii(parent)).is_some_and(|it| it.ends_with('.')),
        None => domain == ascii(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_allowed_and_blocked() {
        let rules = Registration {
            allowed_domains: vec!["Example.com".into(), "*.example.org".into()],
            blocked_domains: vec!["bad.example.org".into(), "Bu\u{308}cher.example.org".into()],
            ..Registration::default()
        };
        let cases = [
            ("a@example.com", true),
            ("a@sub.example.com", false),
            ("a@example.org", false),
            ("a@sub.example.org", true),
            ("a@bad.example.org", false),
            ("a@b\u{fc}cher.example.org", false),
            ("a@badexample.org", false),
            ("a@example.net", false),
        ];
        for (email, is_allowed) in cases {
            let email = Email::parse(email).unwrap();
            assert_eq!(check_domain(&email, &rules).is_ok(), is_allowed, "{email}");
        }
        let email = Email::parse("a@example.net").unwrap();
        assert!(check_domain(&email, &Registration::default()).is_ok());
    }
}
