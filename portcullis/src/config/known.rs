//! The known keys, the type of each value, and suggestions for misspelled names. All of it is
//! derived from the settings, so a new key is known automatically.

use domain::settings::Settings;
use serde::Deserialize as _;
use toml::{Table, Value};

/// The one key that stands outside of every section.
pub const PROFILE: &str = "profile";

/// Every key with its default, under its full name: `server.public_url`.
pub struct Known(Vec<(String, Value)>);

impl Known {
    /// Fails only when a default cannot be written as TOML, which a test rules out.
    pub fn new() -> Result<Known, toml::ser::Error> {
        let mut known = Vec::new();
        for (section, value) in Table::try_from(Settings::default())? {
            match value {
                Value::Table(keys) => {
                    let named = |(key, default)| (format!("{section}.{key}"), default);
                    known.extend(keys.into_iter().map(named));
                }
                single => known.push((section, single)),
            }
        }
        Ok(Known(known))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub fn default_of(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, default)| default)
    }

    /// The key that was probably meant: one spelled alike, or the same key of another section.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let key = name.rsplit('.').next().unwrap_or(name);
        nearest(name, self.names())
            .or_else(|| self.names().find(|it| it.rsplit('.').next() == Some(key)))
    }
}

/// The candidate spelled most like `name`, if any is close.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = (name.chars().count() / 4).max(2);
    candidates
        .map(|it| (strsim::damerau_levenshtein(name, it), it))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= tolerance)
        .map(|(_, it)| it)
}

/// Checks that `value` has the type of the default and that the settings accept it. The error never
/// contains the value of a text key, because that may be a secret.
pub fn check(name: &str, value: &Value, default: &Value) -> Result<(), String> {
    let whole_for_decimal = default.is_float() && value.is_integer();
    if !value.same_type(default) && !whole_for_decimal {
        return Err(format!("expected {}, found {}", kind(default), kind(value)));
    }
    let mut table = value.clone();
    for part in name.rsplit('.') {
        table = Value::Table(Table::from_iter([(part.to_owned(), table)]));
    }
    match Settings::deserialize(table) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}; expected {}", error.message(), kind(default))),
    }
}

/// The value that a text from the environment stands for, by the kind of the default.
pub fn read(text: &str, default: &Value) -> Result<Value, String> {
    let wrong = || format!("expected {}, found {text:?}", kind(default));
    match default {
        Value::Boolean(_) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Value::Boolean(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Boolean(false)),
            _ => Err(wrong()),
        },
        Value::Integer(_) => text.replace('_', "").parse().map(Value::Integer).map_err(|_| wrong()),
        Value::Float(_) => text.parse().map(Value::Float).map_err(|_| wrong()),
        Value::Array(_) if text.starts_with('[') => {
            let list: Vec<String> = serde_json::from_str(text).map_err(|_| wrong())?;
            Ok(list.into())
        }
        Value::Array(_) => {
            let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
            Ok(parts.map(str::to_owned).collect::<Vec<_>>().into())
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// A kind of value, in words.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of texts",
        Value::Datetime(_) => "a time",
        Value::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_every_section_is_known() {
        let known = Known::new().unwrap();
        for section in Settings::SECTIONS {
            for field in section.fields {
                let name = format!("{}.{}", section.name, field.key);
                let default = known.default_of(&name).expect(&name);
                assert!(known.nearest(&name) == Some(&name));
                assert!(!default.is_table(), "{name}");
            }
        }
        assert!(known.default_of(PROFILE).is_some());
    }

    #[test]
    fn texts_become_values_of_the_key_they_are_for() {
        let (text, whole, list) = (Value::from("a"), Value::from(1), Value::from(vec!["a"]));
        let cases = [
            ("0123", &text, Some(Value::from("0123"))),
            ("true", &text, Some(Value::from("true"))),
            ("[a]", &text, Some(Value::from("[a]"))),
            ("65_536", &whole, Some(Value::from(65536))),
            ("many", &whole, None),
            ("a, b,", &list, Some(Value::from(vec!["a", "b"]))),
            ("[\"a\", \"b,c\"]", &list, Some(Value::from(vec!["a", "b,c"]))),
            ("[a]", &list, None),
            ("off", &Value::from(true), Some(Value::from(false))),
            ("maybe", &Value::from(true), None),
            ("0.5", &Value::from(0.1), Some(Value::from(0.5))),
        ];
        for (given, default, expected) in cases {
            assert_eq!(read(given, default).ok(), expected, "{given}");
        }
    }

    #[test]
    fn values_are_checked_one_by_one() {
        let known = Known::new().unwrap();
        let check = |name: &str, value: Value| {
            check(name, &value, known.default_of(name).unwrap()).err().unwrap_or_default()
        };
        assert_eq!(check("passwords.max_similarity", Value::from(1)), "");
        assert_eq!(check("log.format", Value::from("json")), "");
        assert!(check("log.format", Value::from("xml")).contains("`json`"));
        assert!(check("server.body_limit", Value::from(-1)).contains("a whole number"));
        assert!(check("server.listen", Value::from(vec!["here"])).contains("socket address"));
        assert!(check("limits.login", Value::from("often")).contains("25/1h"));
        let refused = check("secrets.master", Value::from(4711));
        assert_eq!(refused, "expected a text, found a whole number");
    }

    #[test]
    fn misspelled_names_find_their_key() {
        let known = Known::new().unwrap();
        assert_eq!(known.nearest("email.ulr"), Some("email.url"));
        assert_eq!(known.nearest("http.public_url"), Some("server.public_url"));
        assert_eq!(known.nearest("weather.tomorrow"), None);
    }
}
