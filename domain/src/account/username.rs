//! Usernames: an optional second name to sign in with.

use unicode_normalization::UnicodeNormalization as _;

use crate::problem::FieldError;

const MIN_LENGTH: usize = 3;
const MAX_LENGTH: usize = 150;

/// A username in its one form: NFKC and lower case, so that look-alikes by width or case are one.
/// An `@` is refused, because a name that looks like an address would be taken for one.
pub fn parse(text: &str) -> Result<String, FieldError> {
    let name: String = text.trim().nfkc().collect::<String>().to_lowercase();
    let allowed = |it: char| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '+');
    if name.is_empty() {
        return Err(FieldError::required());
    }
    // A name that begins with a plus would be read as a phone number.
    if !name.chars().all(allowed) || name.starts_with('+') {
        let message = "Use letters, digits and . _ - + only.";
        return Err(FieldError::new("invalid", message));
    }
    let length = name.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        let message = format!("Use {MIN_LENGTH} to {MAX_LENGTH} characters.");
        let error = FieldError::new("invalid_length", message);
        return Err(error.with("min", MIN_LENGTH).with("max", MAX_LENGTH));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        assert_eq!(parse(" Ａnna_1 ").unwrap(), "anna_1");
        for wrong in
            ["", "+4930901820", "an", "anna@example.com", "an na", "a\0nna", &"a".repeat(151)]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
