//! Metadata that the product does not interpret: the person's own, and the operator's.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use crate::{account::User, problem::FieldError, say};

/// Objects nested deeper than this are refused.
const DEPTH: usize = 16;

/// `current` changed by a JSON Merge Patch (RFC 7396): members of the patch replace those of the
/// same name, and `null` removes one. The result may have at most `limit` bytes.
pub fn merge(current: &Value, patch: &Value, limit: usize) -> Result<Value, FieldError> {
    let Value::Object(patch) = patch else {
        return Err(FieldError::new("invalid", say!("Expected an object.")));
    };
    let mut merged = match current {
        Value::Object(current) => current.clone(),
        _ => Map::new(),
    };
    apply(&mut merged, patch, DEPTH)?;
    let merged = Value::Object(merged);
    match merged.to_string().len() <= limit {
        true => Ok(merged),
        false => {
            let message = format!("At most {limit} bytes are kept.");
            Err(FieldError::filled("too_large", message, [("limit", limit.into())]))
        }
    }
}

fn apply(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    depth: usize,
) -> Result<(), FieldError> {
    let depth = deeper(depth)?;
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
            other => {
                check(other, depth)?;
                target.insert(key.clone(), other.clone());
            }
        }
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, FieldError> {
    let error = || FieldError::new("too_deep", say!("This is nested too deeply."));
    depth.checked_sub(1).ok_or_else(error)
}

fn check(value: &Value, depth: usize) -> Result<(), FieldError> {
    let inner = |it| check(it, deeper(depth)?);
    match value {
        Value::Array(items) => items.iter().try_for_each(inner),
        Value::Object(members) => members.values().try_for_each(inner),
        Value::Number(number) if !is_kept(number) => {
            Err(FieldError::new("out_of_range", say!("A number is out of range.")))
        }
        _ => Ok(()),
    }
}

/// Integers beyond 64 bits were parsed as the nearest float, which is another number (RFC 7493,
/// section 2.2).
fn is_kept(number: &Number) -> bool {
    const BELOW: f64 = -9_223_372_036_854_775_808.0;
    const ABOVE: f64 = 18_446_744_073_709_551_616.0;
    !number.is_f64() || number.as_f64().is_some_and(|it| BELOW < it && it < ABOVE)
}

/// The claims of tokens that have a meaning of their own.
pub const RESERVED_CLAIMS: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "gen",
    "token_type",
    "user_id",
    "email",
    "first_name",
    "last_name",
    "is_staff",
    "email_verified",
    "roles",
    "amr",
    "acr",
    "auth_time",
    "act",
    "azp",
    "client_id",
    "scope",
    "cnf",
    "nonce",
];

/// Splits `user.KEY` or `app.KEY`. `None`: it is neither, or KEY is the name of one of our own
/// claims.
pub fn chosen_key(choice: &str) -> Option<(&str, &str)> {
    let (whose, key) = choice.split_once('.')?;
    let is_free = !key.is_empty() && !RESERVED_CLAIMS.contains(&key);
    (is_free && matches!(whose, "user" | "app")).then_some((whose, key))
}

/// How many bytes of JSON the metadata in a token may have in total. So the longest token stays
/// below the 8 KiB that proxies, and this server, accept in a header.
const CLAIMS_LENGTH: usize = 3 * 1024;

/// The members that tokens carry: `user.KEY` and `app.KEY`, under the name `KEY`, in the configured
/// order, the operator's first: nothing that a person writes can displace or replace those. A
/// member that does not fit is left out; the second part names those.
pub fn claims<'a>(user: &User, chosen: &'a [String]) -> (Map<String, Value>, Vec<&'a str>) {
    let (mut claims, mut left_out, mut length) = (Map::new(), Vec::new(), 0);
    let (operators, own): (Vec<&String>, Vec<_>) =
        chosen.iter().partition(|it| it.starts_with("app."));
    let mut taken = BTreeSet::new();
    for choice in operators.into_iter().chain(own) {
        let Some((key, value)) = member(user, choice) else { continue };
        if !taken.insert(key) {
            continue;
        }
        // A colon, a comma and two quotation marks.
        let more = key.len() + value.to_string().len() + 4;
        if length + more > CLAIMS_LENGTH {
            left_out.push(choice.as_str());
            continue;
        }
        length += more;
        claims.insert(key.to_owned(), value.clone());
    }
    (claims, left_out)
}

fn member<'a>(user: &'a User, choice: &'a str) -> Option<(&'a str, &'a Value)> {
    let (whose, key) = chosen_key(choice)?;
    let metadata = match whose {
        "user" => &user.user_metadata,
        "app" => &user.app_metadata,
        _ => return None,
    };
    Some((key, metadata.get(key)?))
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
        for large in [json!(18_446_744_073_709_551_616.0), json!(-9_223_372_036_854_775_808.0)] {
            assert_eq!(code(json!({ "a": large })), "out_of_range");
            assert_eq!(code(json!({ "a": { "b": [[large]] } })), "out_of_range");
        }
        for kept in [json!(u64::MAX), json!(i64::MIN), json!(1.8e19), json!(-9.2e18)] {
            let patch = json!({ "a": kept });
            assert_eq!(merge(&json!({}), &patch, 50).unwrap(), patch);
        }
    }

    #[test]
    fn claims_that_do_not_fit_are_left_out() {
        let email = crate::account::Email::parse("anna@example.com").unwrap();
        let id = crate::UserId::new(crate::Time(0), [1; 10]);
        let mut user = User::new(id, email, crate::Time(0));
        user.user_metadata = json!({ "long": "x".repeat(3_000), "theme": "dark" });
        user.app_metadata = json!({ "plan": "y".repeat(100), "seat": 7 });
        let chosen =
            |names: &[&str]| -> Vec<String> { names.iter().map(|it| (*it).into()).collect() };
        let told = |names: &[&str]| {
            let chosen = chosen(names);
            let (claims, left_out) = claims(&user, &chosen);
            let left_out: Vec<String> = left_out.into_iter().map(str::to_owned).collect();
            assert!(Value::Object(claims.clone()).to_string().len() <= CLAIMS_LENGTH + 2);
            (claims.keys().cloned().collect::<Vec<_>>(), left_out)
        };
        assert_eq!(
            told(&["app.plan", "user.long", "user.theme", "app.seat", "app.none"]),
            (chosen(&["plan", "seat", "theme"]), chosen(&["user.long"])),
        );
        assert_eq!(
            told(&["user.long", "app.plan", "app.seat"]),
            (chosen(&["plan", "seat"]), chosen(&["user.long"])),
        );
    }

    #[test]
    fn nobody_writes_a_claim_of_the_operator() {
        let email = crate::account::Email::parse("anna@example.com").unwrap();
        let mut user =
            User::new(crate::UserId::new(crate::Time(0), [1; 10]), email, crate::Time(0));
        user.user_metadata = json!({ "plan": "mine", "long": "mine", "theme": "dark" });
        user.app_metadata = json!({ "plan": "gold", "long": "x".repeat(4_000) });
        let mut chosen = ["plan", "long", "theme"].map(|key| format!("user.{key}")).to_vec();
        chosen.extend(["plan", "long", "theme"].map(|key| format!("app.{key}")));
        for _ in 0..2 {
            let (claims, left_out) = claims(&user, &chosen);
            // A value that has no room leaves none to the person's.
            assert_eq!(Value::Object(claims), json!({ "plan": "gold", "theme": "dark" }));
            assert_eq!(left_out, ["app.long"]);
            chosen.reverse();
        }
    }
}
