//! Usernames: an optional second name to sign in with.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{invisible::is_ignorable, problem::FieldError, say};

const MIN_LENGTH: usize = 3;
const MAX_LENGTH: usize = 150;
/// Longer text, in bytes, is refused without parsing.
const MAX_TYPED_LENGTH: usize = 16 * MAX_LENGTH;

/// The normal form of a username: NFKC and lower case, so that names that differ only in width or
/// case are the same. Invisible characters are refused, because two names would look the same. An
/// `@` is refused, because the name would be taken for an address.
pub fn parse(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.len() > MAX_TYPED_LENGTH {
        return Err(wrong_length());
    }
    // Lower case may change the normal form.
    let name: String = text.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    let is_visible = |it: char| {
        it.is_alphanumeric() || is_combining_mark(it) || matches!(it, '.' | '_' | '-' | '+')
    };
    // Some letters and marks are invisible.
    let allowed = |it: char| is_visible(it) && !is_ignorable(it);
    if name.is_empty() {
        return Err(FieldError::required());
    }
    // A leading plus would be read as a phone number, and a combining mark belongs to the letter
    // before it.
    let begins_badly = name.starts_with(|it| it == '+' || is_combining_mark(it));
    if !name.chars().all(allowed) || begins_badly {
        let message = say!("Use letters, digits and . _ - + only.");
        return Err(FieldError::new("invalid", message));
    }
    let length = name.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Err(wrong_length());
    }
    Ok(name)
}

fn wrong_length() -> FieldError {
    let message = format!("Use {MIN_LENGTH} to {MAX_LENGTH} characters.");
    let values = [("min", MIN_LENGTH.into()), ("max", MAX_LENGTH.into())];
    FieldError::filled("invalid_length", message, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        let same = [
            (" Ａnna_1 ", "anna_1"),
            ("RENE\u{301}E", "renée"),
            ("हिन्दी", "हिन्दी"),
            ("I\u{307}van", "i\u{307}van"),
            ("\u{130}van", "i\u{307}van"),
        ];
        for (text, name) in same {
            assert_eq!(parse(text).unwrap(), name);
            assert_eq!(parse(name).unwrap(), name);
        }
        let long = "e\u{301}".repeat(1_000_000);
        let wrong = [
            "",
            "+4930901820",
            "\u{301}nna",
            "an",
            "anna@example.com",
            "an na",
            "a\0nna",
            // They look like `anna`.
            "anna\u{fe0f}",
            "an\u{34f}na",
            "anna\u{e0100}",
            "an\u{17b4}na",
            "anna\u{180b}",
            "\u{115f}anna",
            "an\u{1160}na",
            "\u{3164}\u{3164}\u{3164}",
            "anna\u{ffa0}",
            "an\u{200d}na",
            &"a".repeat(151),
            &long,
        ];
        for wrong in wrong {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
