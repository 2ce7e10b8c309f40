//! The description as its readers get it.

use std::collections::BTreeSet;

use serde_json::Value;

fn described() -> Value {
    serde_json::to_value(crate::document()).unwrap()
}

fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let items = paths.map(|(path, item)| (path, item.as_object().unwrap()));
    items.flat_map(|(path, item)| item.iter().map(move |(method, it)| (path, method, it))).collect()
}

#[test]
fn operations_are_complete() {
    let document = described();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} is used twice");
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["tags"][0].is_string(), "{method} {path}");
    }
}

/// What a layer or an extractor can answer, from what of the operation it does so for.
#[test]
fn operations_list_what_layers_and_extractors_answer() {
    let document = described();
    for (path, method, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = |name: &str| parameters.iter().any(|it| it["name"] == name);
        let is_in_path = parameters.iter().any(|it| it["in"] == "path");
        let has_body = operation["requestBody"].is_object();
        let by_body = has_body.then_some(["408", "413", "415"]).into_iter().flatten();
        let is_for_operations = ["/health", "/ready"].iter().any(|it| path.ends_with(it));
        let is_secured = operation["security"].as_array().is_some_and(|it| !it.is_empty());
        let is_guarded = method != "get" || path.starts_with("/api/v1/admin/");
        let expected = ["400", "500", "503", "504"].into_iter().chain(by_body).chain(
            [
                (!is_for_operations, "421"),
                (is_secured, "401"),
                (is_guarded, "403"),
                (is_in_path, "404"),
                (takes("Idempotency-Key"), "422"),
                (path.starts_with("/api/") && !is_for_operations, "429"),
            ]
            .into_iter()
            .filter_map(|(applies, status)| applies.then_some(status)),
        );
        for status in expected {
            assert!(operation["responses"][status].is_object(), "{method} {path} {status}");
        }
    }
}

#[test]
fn references_lead_somewhere() {
    let document = described();
    let text = document.to_string();
    let targets = text.split("\"$ref\":\"#").skip(1).filter_map(|it| it.split('"').next());
    let mut count = 0;
    for target in targets {
        assert!(document.pointer(target).is_some(), "{target}");
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn problems_are_described_by_the_table() {
    let document = described();
    let limited = &document["components"]["responses"]["TooManyRequests"];
    assert!(limited["description"].as_str().unwrap().starts_with("`rate_limited`: "));
    let problem = &document["components"]["schemas"]["Problem"]["properties"];
    for member in ["type", "title", "status", "detail", "instance", "code", "error", "errors"] {
        assert!(problem[member].is_object(), "{member}");
    }
}
