//! Describes schemas in words.

use serde::Serialize;
use serde_json::Value;

use super::{list, members, text};

/// The type of a value, such as `list of Session`, and the named type in it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Shape {
    words: String,
    target: Option<String>,
}

/// A field or a parameter.
#[derive(Serialize)]
pub struct Row<'a> {
    name: &'a str,
    /// `path`, `query` or `header`; empty for a field.
    place: &'a str,
    shape: Shape,
    is_required: bool,
    about: &'a str,
    example: Option<String>,
}

impl Row<'_> {
    pub fn of_parameter(parameter: &Value) -> Row<'_> {
        Row {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            shape: Shape::of(&parameter["schema"]),
            is_required: parameter["required"] == true,
            about: text(&parameter["description"]),
            example: example(&parameter["example"]),
        }
    }
}

/// The fields of an object, with those of `allOf`.
pub fn properties(schema: &Value) -> Vec<Row<'_>> {
    let required: Vec<_> = list(&schema["required"]).map(text).collect();
    let own = members(&schema["properties"]).map(|(name, field)| Row {
        name,
        place: "",
        shape: Shape::of(field),
        is_required: required.contains(&name),
        about: text(&field["description"]),
        example: example(&field["example"]),
    });
    own.chain(list(&schema["allOf"]).flat_map(properties)).collect()
}

fn example(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

impl Shape {
    pub fn of(schema: &Value) -> Shape {
        if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
            return Shape { words: name.to_owned(), target: Some(name.to_owned()) };
        }
        for word in ["oneOf", "anyOf", "allOf"] {
            if let Some(shape) =
                joined(&schema[word], if word == "allOf" { " and " } else { " or " })
            {
                return shape;
            }
        }
        let values: Vec<_> = list(&schema["enum"]).map(Value::to_string).collect();
        if !values.is_empty() {
            return Shape { words: values.join(" or "), target: None };
        }
        let kinds = list(&schema["type"]).chain(Some(&schema["type"])).filter_map(Value::as_str);
        let shapes: Vec<_> = kinds.map(|kind| of_kind(kind, schema)).collect();
        either(shapes, " or ").unwrap_or(Shape { words: "anything".to_owned(), target: None })
    }
}

fn of_kind(kind: &str, schema: &Value) -> Shape {
    let of = |words: &str, inner: &Value| {
        let inner = Shape::of(inner);
        Shape { words: format!("{words} {}", inner.words), target: inner.target }
    };
    match kind {
        "array" => of("list of", &schema["items"]),
        "object" if schema["additionalProperties"].is_object() => {
            of("map of", &schema["additionalProperties"])
        }
        _ => {
            let format = schema["format"].as_str().map(|it| format!(" ({it})"));
            Shape { words: format!("{kind}{}", format.unwrap_or_default()), target: None }
        }
    }
}

fn joined(schemas: &Value, by: &str) -> Option<Shape> {
    either(list(schemas).map(Shape::of).collect(), by)
}

fn either(shapes: Vec<Shape>, by: &str) -> Option<Shape> {
    let target = shapes.iter().find_map(|it| it.target.clone());
    let words: Vec<_> = shapes.into_iter().map(|it| it.words).collect();
    (!words.is_empty()).then(|| Shape { words: words.join(by), target })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_read_as_words() {
        let cases = [
            (json!({"type": "string"}), "string", None),
            (json!({"type": "string", "format": "uuid"}), "string (uuid)", None),
            (json!({"type": ["string", "null"]}), "string or null", None),
            (json!({"$ref": "#/components/schemas/User"}), "User", Some("User")),
            (json!({"type": "array", "items": {"$ref": "#/x/User"}}), "list of User", Some("User")),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x/User"}]}),
                "null or User",
                Some("User"),
            ),
            (json!({"type": "string", "enum": ["a", "b"]}), "\"a\" or \"b\"", None),
            (
                json!({"type": "object", "additionalProperties": {"type": "integer"}}),
                "map of integer",
                None,
            ),
            (json!({}), "anything", None),
        ];
        for (schema, words, target) in cases {
            let expected = Shape { words: words.into(), target: target.map(str::to_owned) };
            assert_eq!(Shape::of(&schema), expected);
        }
    }
}
