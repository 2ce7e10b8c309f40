//! Deserializes a JSON object, a form or a query into a request type. Errors name the wrong field.
//!
//! Messages say what was expected and never what was sent, which may be a password.

use std::fmt::Display;

use domain::{Code, Problem, Sentence, problem::FieldError, say};
use serde::de::{DeserializeOwned, Deserializer, value::MapDeserializer};
use serde_json::{Map, Value};

use super::text::{Text, Texts};

/// The fields of a JSON object.
pub type Fields = Map<String, Value>;

/// Unknown fields are ignored, unless `T` refuses them.
pub fn parse<T: DeserializeOwned>(fields: Fields) -> Result<T, Problem> {
    without_nul(&fields)?;
    read(Value::Object(fields))
}

/// The same for fields that are all text. Numbers and booleans are parsed where `T` has them.
pub fn parse_texts<T: DeserializeOwned>(texts: Texts) -> Result<T, Problem> {
    for (field, text) in &texts {
        check_nul(field, text.contains('\0'))?;
    }
    let texts = texts.into_iter().map(|(field, text)| (field, Text(text)));
    read(MapDeserializer::new(texts))
}

fn read<'de, T: DeserializeOwned, D>(fields: D) -> Result<T, Problem>
where
    D: Deserializer<'de, Error: Display>,
{
    serde_path_to_error::deserialize(fields).map_err(|error| {
        let field = error.path().to_string();
        problem(&field, &error.inner().to_string())
    })
}

/// PostgreSQL cannot store U+0000 as text, and it ends strings in C.
fn without_nul(fields: &Fields) -> Result<(), Problem> {
    fields.iter().try_for_each(|(field, value)| check_nul(field, has_nul(value)))
}

fn check_nul(field: &str, is_in_value: bool) -> Result<(), Problem> {
    if field.contains('\0') {
        return Err(Code::MalformedRequest.because(say!("Null characters are not allowed.")));
    }
    match is_in_value {
        true => Err(Problem::field(field, "invalid", say!("Null characters are not allowed."))),
        false => Ok(()),
    }
}

/// The parser has limited the depth.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, it)| name.contains('\0') || has_nul(it)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// `error` is serde's text, such as "missing field `email`" or "invalid type: integer `5`, expected
/// a string".
fn problem(field: &str, error: &str) -> Problem {
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().to_owned();
    let inner = |name: &str| match field {
        "." => name.to_owned(),
        outer => format!("{outer}.{name}"),
    };
    if error.starts_with("missing field") {
        return Problem::of_field(&inner(&quoted(error)), FieldError::required());
    }
    if error.starts_with("unknown field") {
        return Problem::field(field, "unknown", say!("This field is not known."));
    }
    if error.starts_with("invalid type: null") {
        return Problem::field(field, "null", say!("This field may not be null."));
    }
    let expected = error.rsplit_once("expected ").map_or("", |(_, it)| it);
    Problem::field(field, "invalid", message(expected))
}

fn message(expected: &str) -> Sentence {
    let first = expected.split(' ').next().unwrap_or_default();
    match expected {
        "a string" | "a borrowed string" | "string" => say!("Not a valid string."),
        "a boolean" => say!("Must be a valid boolean."),
        "f32" | "f64" => say!("A valid number is required."),
        it if it.starts_with("a sequence") => say!("Expected a list of items."),
        it if it.starts_with("a map") || first == "struct" => say!("Expected an object."),
        it if is_integer(it) => say!("A valid integer is required."),
        _ => say!("Not a valid value."),
    }
}

fn is_integer(expected: &str) -> bool {
    let digits = expected.strip_prefix(['i', 'u']);
    digits.is_some_and(|it| it == "size" || it.parse::<u8>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Sample {
        name: String,
        #[serde(default)]
        age: Option<u8>,
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Inner {
        flag: bool,
    }

    /// The field, code and message that the value is refused with.
    fn refused(value: Value) -> (String, &'static str, String) {
        let Value::Object(fields) = value else { panic!("an object") };
        let problem = parse::<Sample>(fields).unwrap_err();
        let (field, errors) = problem.errors.iter().next().unwrap();
        (field.to_owned(), errors[0].code, errors[0].message.clone())
    }

    #[test]
    fn errors_name_the_field_and_what_was_expected() {
        let cases = [
            (json!({}), "name", "required", "This field is required."),
            (json!({"name": 5}), "name", "invalid", "Not a valid string."),
            (json!({"name": null}), "name", "null", "This field may not be null."),
            (json!({"name": "a", "age": "x"}), "age", "invalid", "A valid integer is required."),
            (json!({"name": "a", "age": 300}), "age", "invalid", "A valid integer is required."),
            (json!({"name": "a", "tags": "x"}), "tags", "invalid", "Expected a list of items."),
            (json!({"name": "a", "tags": [1]}), "tags[0]", "invalid", "Not a valid string."),
            (json!({"name": "a", "inner": 1}), "inner", "invalid", "Expected an object."),
            (
                json!({"name": "a", "inner": {}}),
                "inner.flag",
                "required",
                "This field is required.",
            ),
            (
                json!({"name": "a", "inner": {"flag": 1}}),
                "inner.flag",
                "invalid",
                "Must be a valid boolean.",
            ),
            (
                json!({"name": "a", "inner": {"flag": true, "x": 1}}),
                "inner.x",
                "unknown",
                "This field is not known.",
            ),
        ];
        for (value, field, code, message) in cases {
            let text = value.to_string();
            assert_eq!(refused(value), (field.into(), code, message.into()), "{text}");
        }
    }

    #[test]
    fn text_is_read_as_what_is_expected() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Typed {
            count: Option<i64>,
            size: u8,
            ratio: f64,
            on: bool,
            name: Option<String>,
            id: Option<uuid::Uuid>,
        }
        let texts = |pairs: &[(&str, &str)]| {
            let all = pairs.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned()));
            parse_texts::<Typed>(all.collect())
        };
        let good = texts(&[("count", "-5"), ("size", "7"), ("ratio", "0.5"), ("on", "yes")]);
        let expected =
            Typed { count: Some(-5), size: 7, ratio: 0.5, on: true, name: None, id: None };
        assert_eq!(good.unwrap(), expected);
        let wrong = [
            ("count", "five", "A valid integer is required."),
            ("count", "", "A valid integer is required."),
            ("size", "256", "A valid integer is required."),
            ("ratio", "x", "A valid number is required."),
            ("ratio", "inf", "A valid number is required."),
            ("on", "perhaps", "Must be a valid boolean."),
            ("id", "x", "Not a valid value."),
            ("name", "\0", "Null characters are not allowed."),
        ];
        for (field, text, message) in wrong {
            let mut all = vec![("size", "1"), ("ratio", "1"), ("on", "1")];
            all.retain(|it| it.0 != field);
            all.push((field, text));
            let problem = texts(&all).unwrap_err();
            let (name, errors) = problem.errors.iter().next().unwrap();
            assert_eq!((name, errors[0].message.as_str()), (field, message), "{text}");
        }
        assert_eq!(texts(&[("size\0", "1")]).unwrap_err().code, Code::MalformedRequest);
    }

    #[test]
    fn null_characters_are_refused_at_any_depth() {
        let cases = [
            json!({"name": "a\0"}),
            json!({"name": "a", "more": [{"deep": "\0"}]}),
            json!({"name": "a", "more": {"\0": 1}}),
        ];
        let fields = ["name", "more", "more"];
        for (value, field) in cases.into_iter().zip(fields) {
            assert_eq!(refused(value).0, field);
        }
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let (_, _, message) = refused(json!({"name": "a", "inner": "hunter2"}));
        assert!(!message.contains("hunter2"));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let Value::Object(fields) = json!({"name": "a", "more": 1}) else { panic!("an object") };
        assert_eq!(parse::<Sample>(fields).unwrap().name, "a");
    }
}
