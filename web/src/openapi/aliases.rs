//! Adds the aliases of paths.

use utoipa::openapi::{OpenApi, path::Operation};

use super::common::operations;
use crate::layer::path::ALIASES;

pub fn add(document: &mut OpenApi) {
    for (alias, canonical) in ALIASES {
        let Some(mut item) = document.paths.get_path_item(canonical).cloned() else {
            continue;
        };
        for (_, operation) in operations(&mut item) {
            operation.description = Some(about(operation, canonical));
        }
        document.paths.paths.insert((*alias).to_owned(), item);
    }
}

fn about(operation: &Operation, canonical: &str) -> String {
    let alias = format!("Another name of `{canonical}`.");
    match operation.description.as_deref().filter(|it| !it.is_empty()) {
        Some(text) => format!("{alias}\n\n{text}"),
        None => alias,
    }
}
