//! JSON without duplicate member names, at any depth. Two readers could each use a different value,
//! and parsers silently keep the last one.

use std::fmt;

use domain::{Code, Problem, Sentence, say};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::fields::Fields;

/// The members of the object in a body. The parser limits the depth to 128.
pub fn parse(bytes: &[u8]) -> Result<Fields, Problem> {
    match serde_json::from_slice(bytes) {
        Ok(Unambiguous(Value::Object(fields))) => Ok(fields),
        Ok(_) => Err(Code::MalformedRequest.because(say!("The body must be a JSON object."))),
        Err(error) => Err(Code::MalformedRequest.because(why(&error))),
    }
}

fn why(error: &serde_json::Error) -> Sentence {
    // The only refusal of well-formed JSON is a duplicate member.
    if error.is_data() {
        return say!("A field was sent twice.");
    }
    match error.to_string().starts_with("number out of range") {
        true => say!("A number is out of range."),
        false => say!("The body is not valid JSON."),
    }
}

struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Unambiguous)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // JSON numbers are always finite.
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Unambiguous(value))) = members.next_entry::<String, _>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member was named twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_once_is_what_any_parser_reads() {
        let text = r#"{"a":[1,-2,0.5,true,null,"ü",{"a":{}}],"b":18446744073709551615,"":{"a":1}}"#;
        let any: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(parse(text.as_bytes()).unwrap()), any);
    }

    #[test]
    fn the_reason_of_a_refusal_is_told() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let cases = [
            (r#"{"a":1,"a":1}"#, "A field was sent twice."),
            (r#"{"a":1,"\u0061":2}"#, "A field was sent twice."),
            (r#"{"a":[{"b":{"c":1,"c":null}}]}"#, "A field was sent twice."),
            (r#"{"a":1e999}"#, "A number is out of range."),
            ("[]", "The body must be a JSON object."),
            ("{", "The body is not valid JSON."),
            (r#"{"a":"number out of range}"#, "The body is not valid JSON."),
            (&deep, "The body is not valid JSON."),
        ];
        for (text, expected) in cases {
            let problem = parse(text.as_bytes()).unwrap_err();
            assert_eq!(problem.detail.as_deref(), Some(expected), "{text}");
        }
    }
}
