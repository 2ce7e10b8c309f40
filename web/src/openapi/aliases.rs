//! Lists each path under its other names too.

use utoipa::openapi::{OpenApi, PathItem, path::Operation};

use super::common::operations;
use crate::layer::path::ALIASES;

pub fn add(document: &mut OpenApi) {
    for (alias, canonical) in ALIASES {
        let Some(mut item) = document.paths.get_path_item(canonical).cloned() else {
            continue;
        };
        rename(&mut item, alias, canonical);
        document.paths.paths.insert((*alias).to_owned(), item);
    }
}

fn rename(item: &mut PathItem, alias: &str, canonical: &str) {
    let suffix = alias.rsplit('/').next().unwrap_or_default().replace('-', "_");
    for (_, operation) in operations(item) {
        let id = operation.operation_id.as_deref().unwrap_or_default();
        operation.operation_id = Some(format!("{id}_as_{suffix}"));
        operation.description = Some(about(operation, canonical));
    }
}

fn about(operation: &Operation, canonical: &str) -> String {
    let alias = format!("Another name of `{canonical}`.");
    match operation.description.as_deref().filter(|it| !it.is_empty()) {
        Some(text) => format!("{alias}\n\n{text}"),
        None => alias,
    }
}
