//! Values that forms can send only as text.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

/// A boolean of JSON or of a form: `true`, `1`, `on`, `yes` or their opposites. Empty is `None`.
/// For `#[serde(default, deserialize_with = "crate::extract::lenient_bool")]`.
pub fn lenient_bool<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    deserializer.deserialize_any(Lenient)
}

struct Lenient;

impl Visitor<'_> for Lenient {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Option<bool>, E> {
        Ok(Some(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<bool>, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<bool>, E> {
        match boolean(text) {
            None if !text.is_empty() => {
                Err(E::invalid_type(serde::de::Unexpected::Other("text"), &self))
            }
            value => Ok(value),
        }
    }
}

/// Parses the words of [`lenient_bool`].
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Some(true),
        "false" | "0" | "off" | "no" => Some(false),
        _ => None,
    }
}
