//! The checks that any text from outside has to pass first.

use crate::{problem::FieldError, say};

/// Trimmed text of 1 to `max` characters without control characters. Line breaks and tabs are
/// control characters too.
pub fn line(text: &str, max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::required());
    }
    if text.chars().any(char::is_control) {
        return Err(FieldError::new("invalid", say!("Control characters are not allowed.")));
    }
    at_most(text, max)
}

/// [`line`] that may be empty.
pub fn optional_line(text: &str, max: usize) -> Result<String, FieldError> {
    if text.trim().is_empty() { Ok(String::new()) } else { line(text, max) }
}

/// [`optional_line`], with line breaks allowed.
pub fn paragraph(text: &str, max: usize) -> Result<String, FieldError> {
    let text = text.trim();
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        return Err(FieldError::new("invalid", say!("Control characters are not allowed.")));
    }
    at_most(text, max)
}

fn at_most(text: &str, max: usize) -> Result<String, FieldError> {
    if text.chars().nth(max).is_some() {
        let message = format!("Ensure this field has no more than {max} characters.");
        return Err(FieldError::filled("max_length", message, [("max", max.into())]));
    }
    Ok(text.to_owned())
}

/// `text` cut to at most `max` characters, without control characters: for values of headers that
/// are only displayed.
pub fn clipped(text: &str, max: usize) -> String {
    text.chars().filter(|it| !it.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_bounded() {
        assert_eq!(line("  Ada ", 3).unwrap(), "Ada");
        assert_eq!(line(" \t", 3).unwrap_err().code, "required");
        assert_eq!(line("Adam", 3).unwrap_err().code, "max_length");
        assert_eq!(line("A\0a", 3).unwrap_err().code, "invalid");
        assert_eq!(line("A\nb", 3).unwrap_err().code, "invalid");
        assert_eq!(paragraph("A\nb", 3).unwrap(), "A\nb");
        assert_eq!(clipped("a\r\nb\u{7}c", 2), "ab");
    }
}
