//! The server's own description of its API, for tests that must hold for every operation.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::World;

/// An operation as the description lists it.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub is_secured: bool,
    /// The fields of its body with their schemas. `None`: it has no body.
    pub fields: Option<BTreeMap<String, Value>>,
}

impl World {
    /// Every operation, by its path and method.
    pub async fn operations(&self) -> Vec<Operation> {
        let document = self.stranger().get("/openapi.json").await.ok();
        let paths = document["paths"].as_object().unwrap();
        let mut operations = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                operations.push(Operation {
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    is_secured: is_secured(operation),
                    fields: fields(&document, operation),
                });
            }
        }
        operations
    }
}

/// An empty alternative means that nobody has to sign in.
fn is_secured(operation: &Value) -> bool {
    let alternatives = operation["security"].as_array();
    alternatives
        .is_some_and(|it| it.iter().all(|one| one.as_object().is_some_and(|it| !it.is_empty())))
}

fn fields(document: &Value, operation: &Value) -> Option<BTreeMap<String, Value>> {
    let content = operation["requestBody"]["content"].as_object()?;
    let mut fields = BTreeMap::new();
    for media in content.values() {
        gather(document, &media["schema"], &mut fields);
    }
    Some(fields)
}

fn gather(document: &Value, schema: &Value, fields: &mut BTreeMap<String, Value>) {
    if let Some(name) = schema["$ref"].as_str() {
        return gather(document, document.pointer(&name[1..]).unwrap(), fields);
    }
    for part in ["allOf", "oneOf", "anyOf"].iter().filter_map(|it| schema[*it].as_array()) {
        part.iter().for_each(|it| gather(document, it, fields));
    }
    let properties = schema["properties"].as_object();
    fields.extend(properties.into_iter().flatten().map(|(name, it)| (name.clone(), it.clone())));
}
