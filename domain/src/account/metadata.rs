//! Data about people that the product does not look into: theirs, and the operator's.

use serde_json::{Map, Value};

use crate::{account::User, problem::FieldError, session::access_token::Claims};

/// Objects within objects deeper than this are refused.
const DEPTH: usize = 16;

/// `current` changed by a JSON Merge Patch (RFC 7396): members of the patch replace those of the
/// same name, and `null` removes one. At most `limit` bytes may come of it.
pub fn merge(current: &Value, patch: &Value, limit: usize) -> Result<Value, FieldError> {
    let Value::Object(patch) = patch else {
        return Err(FieldError::new("invalid", "Expected an object."));
    };
    let mut merged = match current {
        Value::Object(current) => current.clone(),
        _ => Map::new(),
    };
    apply(&mut merged, patch, DEPTH)
        .ok_or_else(|| FieldError::new("too_deep", "This is nested too deeply."))?;
    let merged = Value::Object(merged);
    match merged.to_string().len() <= limit {
        true => Ok(merged),
        false => {
            let message = format!("At most {limit} bytes are kept.");
            Err(FieldError::new("too_large", message).with("limit", limit))
        }
    }
}

fn apply(target: &mut Map<String, Value>, patch: &Map<String, Value>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    for (key, value) in patch {
        match value {
            Value::Null => drop(target.remove(key)),
            Value::Object(inner) => {
                let entry = target.entry(key.clone()).or_insert(Value::Null);
                if !entry.is_object() {
                    *entry = Value::Object(Map::new());
                }
                if let Value::Object(entry) = entry {
                    apply(entry, inner, depth)?;
                }
            }
            Value::Array(_) if is_deeper_than(value, depth) => return None,
            other => drop(target.insert(key.clone(), other.clone())),
        }
    }
    Some(())
}

fn is_deeper_than(value: &Value, depth: usize) -> bool {
    let inner = |it| depth == 0 || is_deeper_than(it, depth - 1);
    match value {
        Value::Array(items) => items.iter().any(inner),
        Value::Object(members) => members.values().any(inner),
        _ => false,
    }
}

/// `user.KEY` or `app.KEY`, of a key that is not the name of a claim of ours. `None`: the operator's
/// choice is none.
pub fn chosen_key(choice: &str) -> Option<(&str, &str)> {
    let (whose, key) = choice.split_once('.')?;
    let is_free = !key.is_empty() && !Claims::RESERVED.contains(&key);
    (is_free && matches!(whose, "user" | "app")).then_some((whose, key))
}

/// The members that tokens carry: `user.KEY` and `app.KEY`, under the name `KEY`.
pub fn claims(user: &User, chosen: &[String]) -> Map<String, Value> {
    let value = |choice: &String| {
        let (whose, key) = chosen_key(choice)?;
        let metadata = match whose {
            "user" => &user.user_metadata,
            "app" => &user.app_metadata,
            _ => return None,
        };
        Some((key.to_owned(), metadata.get(key)?.clone()))
    };
    chosen.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_merges() {
        // From RFC 7396, section 3 and appendix A.
        let cases = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (json!({"a": ["b"]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (current, patch, merged) in cases {
            assert_eq!(merge(&current, &patch, 100).unwrap(), merged);
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let code = |patch: Value| merge(&json!({}), &patch, 50).unwrap_err().code;
        assert_eq!(code(json!([1])), "invalid");
        assert_eq!(code(json!({ "a": "x".repeat(50) })), "too_large");
        let deep = (0..20).fold(json!(1), |it, _| json!({ "a": it }));
        assert_eq!(code(deep), "too_deep");
        let deep = (0..20).fold(json!(1), |it, _| json!([it]));
        assert_eq!(code(json!({ "a": deep })), "too_deep");
    }
}
