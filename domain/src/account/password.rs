//! Which passwords are accepted, and how strong one is.

use serde::Serialize;
use zxcvbn::matching::patterns::MatchPattern;

use crate::{
    problem::FieldError,
    settings::{PasswordPolicy, Passwords},
};

/// zxcvbn's work grows faster than the text; what is beyond adds no weakness worth knowing.
const ESTIMATED_LENGTH: usize = 100;

/// How strong a password is: 0 (guessed at once) to 4 (very hard to guess).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strength {
    pub score: u8,
    pub warning: Option<String>,
    pub suggestions: Vec<String>,
}

/// What is wrong with a new password. `attributes` are the things of its owner that it must not
/// resemble, with what they are called. This computes for a millisecond: not for an async thread.
pub fn check(
    password: &str,
    attributes: &[(&str, &str)],
    rules: &Passwords,
) -> (Vec<FieldError>, Strength) {
    let mut errors = length(password, rules);
    let mut strength = Strength { score: 0, warning: None, suggestions: Vec::new() };
    if errors.iter().any(|it| it.code == "password_too_long") {
        return (errors, strength);
    }
    let start: String = password.chars().take(ESTIMATED_LENGTH).collect();
    let inputs: Vec<&str> = attributes.iter().map(|it| it.1).collect();
    let estimate = zxcvbn::zxcvbn(&start, &inputs);
    strength.score = estimate.score().into();
    if let Some(feedback) = estimate.feedback() {
        strength.warning = feedback.warning().map(|it| it.to_string());
        strength.suggestions = feedback.suggestions().iter().map(|it| it.to_string()).collect();
    }
    if rules.policy == PasswordPolicy::Standard {
        errors.extend(classes(password));
        if is_common(&estimate) {
            errors.push(FieldError::new("password_too_common", "This password is too common."));
        }
        errors.extend(similar(password, attributes, rules.max_similarity));
    }
    (errors, strength)
}

fn length(password: &str, rules: &Passwords) -> Vec<FieldError> {
    let length = password.chars().count();
    let mut errors = Vec::new();
    if length < rules.min_length {
        let message = format!("Use at least {} characters.", rules.min_length);
        errors.push(FieldError::new("password_too_short", message).with("min", rules.min_length));
    }
    if length > rules.max_length {
        let message = format!("Use at most {} characters.", rules.max_length);
        errors.push(FieldError::new("password_too_long", message).with("max", rules.max_length));
    }
    errors
}

fn classes(password: &str) -> Vec<FieldError> {
    let has = |what: fn(char) -> bool| password.chars().any(what);
    let missing = [
        (has(char::is_uppercase), "password_no_upper", "Use at least one upper-case letter."),
        (has(char::is_lowercase), "password_no_lower", "Use at least one lower-case letter."),
        (has(char::is_numeric), "password_no_digit", "Use at least one digit."),
        (
            has(|it| !it.is_alphanumeric()),
            "password_no_special",
            "Use at least one special character.",
        ),
    ];
    let mut errors: Vec<FieldError> = missing
        .into_iter()
        .filter(|it| !it.0)
        .map(|(_, code, message)| FieldError::new(code, message))
        .collect();
    if !password.is_empty() && password.chars().all(char::is_numeric) {
        errors.push(FieldError::new("password_entirely_numeric", "Use more than digits."));
    }
    errors
}

/// The whole of it is one entry of zxcvbn's dictionaries (30,000 leaked passwords, names, words),
/// written forwards, backwards or with look-alike letters.
fn is_common(estimate: &zxcvbn::Entropy) -> bool {
    matches!(estimate.sequence(), [it] if matches!(it.pattern, MatchPattern::Dictionary(_)))
}

fn similar(password: &str, attributes: &[(&str, &str)], limit: f64) -> Option<FieldError> {
    let password = password.to_lowercase();
    let resembles = |value: &str| {
        let value = value.to_lowercase();
        let parts = value.split(|it: char| !it.is_alphanumeric()).filter(|it| it.len() > 2);
        parts.chain([value.as_str()]).any(|part| similarity(&password, part) > limit)
    };
    let (name, _) = attributes.iter().find(|it| !it.1.is_empty() && resembles(it.1))?;
    let message = format!("The password is too similar to the {}.", name.replace('_', " "));
    Some(FieldError::new("password_too_similar", message).with("attribute", *name))
}

/// How alike two texts are, from 0 to 1: twice the length of their longest common subsequence over
/// the sum of their lengths.
fn similarity(one: &str, other: &str) -> f64 {
    let other: Vec<char> = other.chars().collect();
    let mut lengths = vec![0_usize; other.len() + 1];
    let mut count = 0_usize;
    for letter in one.chars() {
        count += 1;
        let mut diagonal = 0;
        let mut left = 0;
        for (cell, seen) in lengths.iter_mut().skip(1).zip(&other) {
            let above = *cell;
            *cell = if letter == *seen { diagonal + 1 } else { above.max(left) };
            (diagonal, left) = (above, *cell);
        }
    }
    let shared = lengths.last().copied().unwrap_or_default();
    let total = count + other.len();
    if total == 0 { 0.0 } else { 2.0 * shared as f64 / total as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: [(&str, &str); 2] =
        [("email_address", "anna.lindholm@example.com"), ("first_name", "Anna")];

    fn codes(password: &str, rules: &Passwords) -> Vec<&'static str> {
        check(password, &ANNA, rules).0.iter().map(|it| it.code).collect()
    }

    #[test]
    fn the_standard_rules() {
        let rules = Passwords::default();
        let cases: &[(&str, &[&str])] = &[
            ("Str0ng&Quiet-River", &[]),
            ("Passwörter sind 1 Übel", &[]),
            ("S0r-t", &["password_too_short"]),
            ("lower-case-0nly", &["password_no_upper"]),
            ("UPPER-CASE-0NLY", &["password_no_lower"]),
            ("No-Digits-Here", &["password_no_digit"]),
            ("N0SpecialHere", &["password_no_special"]),
            ("P@ssw0rd", &["password_too_common"]),
            ("Lindholm-1", &["password_too_similar"]),
            ("1-Mlohdnil!", &[]),
        ];
        for (password, expected) in cases {
            assert_eq!(codes(password, &rules), *expected, "{password}");
        }
        assert!(codes("20250130", &rules).contains(&"password_entirely_numeric"));
        assert_eq!(codes(&"Aa1!".repeat(33), &rules), ["password_too_long"]);
    }

    #[test]
    fn nist_asks_for_length_only() {
        let rules = Passwords { policy: PasswordPolicy::Nist, ..Passwords::default() };
        assert_eq!(codes("correct horse", &rules), [""; 0]);
        assert_eq!(codes("short", &rules), ["password_too_short"]);
    }

    #[test]
    fn strength_is_told() {
        let (_, weak) = check("password", &[], &Passwords::default());
        let (_, strong) = check("Str0ng&Quiet-River", &[], &Passwords::default());
        assert_eq!((weak.score, strong.score), (0, 4));
        assert!(weak.warning.is_some());
    }
}
