//! Every answer that a test gets is one that the description of the API lists.

use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(web::document()).unwrap());

/// Fails if the description lists the operation without this status.
pub fn check(method: &Method, path: &str, status: u16) {
    let Some((listed, item)) = item(path.trim_end_matches('/')) else { return };
    let Some(operation) = item.get(method.as_str().to_lowercase()) else { return };
    let is_listed = operation["responses"].get(status.to_string()).is_some();
    assert!(is_listed, "{method} {listed} answers {status}, which its description does not list");
}

/// The entry of a path in the description: its own, or that of the pattern it matches.
fn item(path: &str) -> Option<(&'static String, &'static Value)> {
    let mut all = DOCUMENT["paths"].as_object()?.iter();
    let own = all.clone().find(|(listed, _)| *listed == path);
    own.or_else(|| all.find(|(listed, _)| is_of(path, listed)))
}

fn is_of(path: &str, listed: &str) -> bool {
    path.split('/').count() == listed.split('/').count()
        && path.split('/').zip(listed.split('/')).all(|(one, it)| one == it || it.starts_with('{'))
}
