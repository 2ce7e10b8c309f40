//! Phone numbers in E.164 form: `+4930123456`.

use crate::{problem::FieldError, say};

/// Longer text is refused without parsing.
const MAX_LENGTH: usize = 32;

/// The number in E.164 form, from any notation that includes the country.
pub fn parse(text: &str) -> Result<String, FieldError> {
    let invalid = || {
        FieldError::new("invalid", say!("Enter a phone number with its country, as +4930123456."))
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::required());
    }
    if text.len() > MAX_LENGTH {
        return Err(invalid());
    }
    let number = phonenumber::parse(None, text).map_err(|_| invalid())?;
    if !number.is_valid() {
        return Err(invalid());
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_e164() {
        assert_eq!(parse("+49 (30) 901820").unwrap(), "+4930901820");
        for wrong in ["", "030 901820", "+49", "+999123456789", "call me", "+1\u{0}555"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
