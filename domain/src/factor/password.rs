//! The rules for new passwords, and the estimate of their strength.

use std::collections::BTreeSet;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::matching::patterns::MatchPattern;

use super::{advice, opaque};
use crate::{
    Secret, Sentence,
    invisible::is_joiner,
    problem::FieldError,
    say,
    settings::{PasswordPolicy, Passwords},
};

/// How much of a password is estimated at most.
const ESTIMATED_LENGTH: usize = 64;

/// A bound on the cost of the estimate: the square of the length times the number of readings of
/// look-alike letters. Within it the worst known text takes six milliseconds, and a usual one less
/// than one.
const ESTIMATED_WORK: usize = 20_000;

/// Characters that zxcvbn reads as a letter, grouped where a letter has several. It tries all their
/// combinations, each over the whole text.
const LOOK_ALIKES: [&str; 7] = ["4@", "({[<", "69", "1!|", "1|7", "$5", "+7"];

/// How strong a password is: 0 (guessed at once) to 4 (very hard to guess).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strength {
    pub score: u8,
    pub warning: Option<Sentence>,
    pub suggestions: Vec<Sentence>,
}

/// The normal form of a new password, which is checked, hashed and compared.
pub fn prepare(typed: &Secret) -> Result<Secret, FieldError> {
    if typed.is_empty() {
        return Err(FieldError::required());
    }
    opaque::prepare(typed).ok_or_else(|| {
        let message = say!("Use no invisible or control characters.");
        FieldError::new("password_characters", message)
    })
}

/// The errors of a new password, except those that [`estimate`] finds. `attributes` are the
/// attributes of its owner that it must not resemble, with their names.
///
/// Join controls are part of a password, but invisible characters count neither towards its length
/// nor against its being common.
pub fn violations(
    password: &str,
    attributes: &[(&str, &str)],
    rules: &Passwords,
) -> Vec<FieldError> {
    let mut errors = length(password, rules);
    if errors.iter().any(|it| it.code == "password_too_long") {
        return errors;
    }
    if rules.policy == PasswordPolicy::Standard {
        let seen = without_joiners(password);
        errors.extend(classes(&seen));
        errors.extend(similar(&seen, attributes, rules.max_similarity));
    }
    errors
}

/// How strong a password is, and whether it is too common. This computes for milliseconds and must
/// not run on an async thread.
///
/// Only the start of a password that would take longer is estimated. The whole is no weaker than
/// its start.
pub fn estimate(
    password: &str,
    attributes: &[(&str, &str)],
    rules: &Passwords,
) -> (Option<FieldError>, Strength) {
    let seen = without_joiners(password);
    let start = affordable(&seen);
    let inputs: Vec<String> = attributes.iter().map(|it| without_joiners(it.1)).collect();
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(start, &inputs);
    let mut strength =
        Strength { score: estimate.score().into(), warning: None, suggestions: Vec::new() };
    if let Some(feedback) = estimate.feedback() {
        strength.warning = feedback.warning().map(advice::warning);
        strength.suggestions =
            feedback.suggestions().iter().map(|it| advice::suggestion(*it)).collect();
    }
    let is_common =
        rules.policy == PasswordPolicy::Standard && start.len() == seen.len() && is_word(&estimate);
    let error = is_common
        .then(|| FieldError::new("password_too_common", say!("This password is too common.")));
    (error, strength)
}

/// The longest start whose estimate is within the bound.
fn affordable(password: &str) -> &str {
    let mut seen = BTreeSet::new();
    for (index, (at, letter)) in password.char_indices().enumerate() {
        seen.insert(letter);
        let readings = |group: &&str| group.chars().filter(|it| seen.contains(it)).count().max(1);
        let ways: usize = LOOK_ALIKES.iter().map(readings).product();
        let length = index + 1;
        if length > ESTIMATED_LENGTH || length * length * ways > ESTIMATED_WORK {
            return password.get(..at).unwrap_or_default();
        }
    }
    password
}

fn without_joiners(text: &str) -> String {
    text.chars().filter(|it| !is_joiner(*it)).collect()
}

fn length(password: &str, rules: &Passwords) -> Vec<FieldError> {
    let length = password.chars().count();
    let seen = password.chars().filter(|it| !is_joiner(*it)).count();
    let mut errors = Vec::new();
    if seen < rules.min_length {
        let message = format!("Use at least {} characters.", rules.min_length);
        let values = [("min", rules.min_length.into())];
        errors.push(FieldError::filled("password_too_short", message, values));
    }
    if length > rules.max_length {
        let message = format!("Use at most {} characters.", rules.max_length);
        let values = [("max", rules.max_length.into())];
        errors.push(FieldError::filled("password_too_long", message, values));
    }
    errors
}

fn classes(password: &str) -> Vec<FieldError> {
    let has = |what: fn(char) -> bool| password.chars().any(what);
    let missing = [
        (has(char::is_uppercase), "password_no_upper", say!("Use at least one upper-case letter.")),
        (has(char::is_lowercase), "password_no_lower", say!("Use at least one lower-case letter.")),
        (has(char::is_numeric), "password_no_digit", say!("Use at least one digit.")),
        (
            has(|it| !it.is_alphanumeric()),
            "password_no_special",
            say!("Use at least one special character."),
        ),
    ];
    let mut errors: Vec<FieldError> = missing
        .into_iter()
        .filter(|it| !it.0)
        .map(|(_, code, message)| FieldError::new(code, message))
        .collect();
    if !password.is_empty() && password.chars().all(char::is_numeric) {
        errors.push(FieldError::new("password_entirely_numeric", say!("Use more than digits.")));
    }
    errors
}

/// Whether the whole password is one entry of zxcvbn's dictionaries (30,000 leaked passwords,
/// names, words), forwards, backwards or with look-alike letters.
fn is_word(estimate: &zxcvbn::Entropy) -> bool {
    matches!(estimate.sequence(), [it] if matches!(it.pattern, MatchPattern::Dictionary(_)))
}

fn similar(password: &str, attributes: &[(&str, &str)], limit: f64) -> Option<FieldError> {
    let password: String = password.to_lowercase().nfc().collect();
    let resembles = |value: &str| {
        let value: String = without_joiners(value).to_lowercase().nfc().collect();
        let parts = value.split(|it: char| !it.is_alphanumeric()).filter(|it| it.len() > 2);
        parts.chain([value.as_str()]).any(|part| similarity(&password, part) > limit)
    };
    let (name, _) = attributes.iter().find(|it| !it.1.is_empty() && resembles(it.1))?;
    let message = format!("The password is too similar to the {}.", name.replace('_', " "));
    Some(FieldError::filled("password_too_similar", message, [("attribute", (*name).into())]))
}

/// The similarity of two texts, from 0 to 1: twice the length of their longest common subsequence
/// over the sum of their lengths.
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
        let errors = violations(password, &ANNA, rules);
        errors.into_iter().chain(estimate(password, &ANNA, rules).0).map(|it| it.code).collect()
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
    fn join_controls_are_not_judged() {
        let rules = Passwords::default();
        let cases: &[(&str, &[&str])] = &[
            ("aA1!\u{200d}\u{200d}\u{200d}\u{200c}", &["password_too_short"]),
            ("N0SpecialHere\u{200d}", &["password_no_special"]),
            ("P@ss\u{200d}w0\u{200c}rd", &["password_too_common"]),
            ("L\u{200d}i\u{200d}n\u{200d}d\u{200d}h\u{200d}olm-1", &["password_too_similar"]),
            ("Str0ng&Quiet\u{200d}River", &[]),
        ];
        for (password, expected) in cases {
            assert_eq!(codes(password, &rules), *expected, "{password:?}");
        }
        assert!(codes("2025\u{200d}0130", &rules).contains(&"password_entirely_numeric"));
        let joined = [("first_name", "Lind\u{200c}holm")];
        let similar = violations("Lindholm-1", &joined, &rules);
        assert_eq!(similar.first().map(|it| it.code), Some("password_too_similar"));
        // What is hashed is bounded with them.
        let long = format!("Str0ng&Quiet-River{}", "\u{200d}".repeat(111));
        assert_eq!(codes(&long, &rules), ["password_too_long"]);
        let nist = Passwords { policy: PasswordPolicy::Nist, ..rules };
        assert_eq!(codes(&"\u{200d}".repeat(8), &nist), ["password_too_short"]);
    }

    #[test]
    fn nist_asks_for_length_only() {
        let rules = Passwords { policy: PasswordPolicy::Nist, ..Passwords::default() };
        assert_eq!(codes("correct horse", &rules), [""; 0]);
        assert_eq!(codes("short", &rules), ["password_too_short"]);
    }

    #[test]
    fn strength_is_told() {
        let (_, weak) = estimate("password", &[], &Passwords::default());
        let (_, strong) = estimate("Str0ng&Quiet-River", &[], &Passwords::default());
        assert_eq!((weak.score, strong.score), (0, 4));
        assert!(weak.warning.is_some());
    }

    #[test]
    fn an_estimate_is_bounded_whatever_is_typed() {
        let leet = "4@8({[<6931!|71$5+0%2";
        let cases = [
            ("Str0ng&Quiet-River".to_owned(), 18),
            ("p@ssw0rd P@$$w0rd 123456789".to_owned(), 27),
            ("a".repeat(100), 64),
            ("\u{1f600}".repeat(100), 64),
            (leet.repeat(5), 13),
            // The dearest come last, at a length that has already been paid.
            (format!("{}{leet}", "a".repeat(40)), 48),
            (leet.chars().map(|it| format!("{it}a")).collect(), 24),
        ];
        for (password, length) in cases {
            let start = affordable(&password);
            assert_eq!(start.chars().count(), length, "{password}");
        }
        let (error, strength) = estimate(&leet.repeat(5), &[], &Passwords::default());
        assert!(error.is_none());
        assert_eq!(strength.score, 4);
    }

    #[test]
    fn the_rest_of_a_long_password_counts() {
        let rules = Passwords::default();
        // Lower case alone but for its last characters.
        let name: String =
            (0..64).map(|it: u8| char::from(b'a' + it % 7 * (it / 7) % 26)).collect();
        let rest = "Quiet River & 1 Road ".repeat(3);
        let password = format!("{name}{}", &rest[..60]);
        let named = [("first_name", name.as_str())];
        assert_eq!(violations(&password, &named, &rules), []);
        // Its start is a word, the whole is none.
        assert_eq!(affordable(&password), name);
        let (error, _) = estimate(&name, &named, &rules);
        assert_eq!(error.map(|it| it.code), Some("password_too_common"));
        assert_eq!(estimate(&password, &named, &rules).0, None);
    }
}
