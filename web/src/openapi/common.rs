//! Adds what many operations have in common: the problems of layers and extractors, and forms.
//!
//! The problems are derived from what an operation uses, so handlers do not list them.

use domain::Code;
use utoipa::openapi::{
    Content, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema,
    path::{Operation, ParameterIn},
};

use super::tag;
use crate::{extract::IDEMPOTENCY_KEY, layer::is_for_operations};

/// A response that several operations share, by its name in `components`.
struct Shared {
    name: &'static str,
    status: u16,
    applies: fn(&Facts) -> bool,
}

/// What the problems of an operation are derived from.
struct Facts {
    is_limited: bool,
    /// Without limits and host check, for load balancers.
    is_for_operations: bool,
    changes: bool,
    has_body: bool,
    is_secured: bool,
    /// It needs more than a session.
    is_for_operators: bool,
    names_something: bool,
    is_idempotent: bool,
}

const SHARED: &[Shared] = &[
    // Duplicate headers are refused before routing.
    Shared { name: "BadRequest", status: 400, applies: |_| true },
    Shared { name: "Unauthorized", status: 401, applies: |it| it.is_secured },
    Shared { name: "Forbidden", status: 403, applies: |it| it.changes || it.is_for_operators },
    Shared { name: "NotFound", status: 404, applies: |it| it.names_something },
    // Bodies are read before routing.
    Shared { name: "RequestTimeout", status: 408, applies: |_| true },
    Shared { name: "PayloadTooLarge", status: 413, applies: |_| true },
    Shared { name: "UnsupportedMediaType", status: 415, applies: |it| it.has_body },
    Shared { name: "MisdirectedRequest", status: 421, applies: |it| !it.is_for_operations },
    Shared { name: "UnprocessableContent", status: 422, applies: |it| it.is_idempotent },
    Shared { name: "TooManyRequests", status: 429, applies: |it| it.is_limited },
    Shared { name: "InternalError", status: 500, applies: |_| true },
    Shared { name: "Unavailable", status: 503, applies: |_| true },
    Shared { name: "Timeout", status: 504, applies: |_| true },
];

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

pub fn add(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for shared in SHARED {
        components.responses.insert(shared.name.to_owned(), RefOr::T(response(shared.status)));
    }
    let schemas = components.schemas.clone();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            add_problems(operation, &facts(operation, path, method));
            add_form(operation, |name| match schemas.get(name) {
                Some(RefOr::T(schema)) => is_flat(schema),
                _ => false,
            });
        }
    }
}

/// The operations of a path with their methods.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, it)| Some((method, it.as_mut()?)))
}

fn facts(operation: &Operation, path: &str, method: &str) -> Facts {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let mut parameters = parameters.iter().filter_map(|it| match it {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    let tags = operation.tags.as_deref().unwrap_or_default();
    Facts {
        is_limited: path.starts_with("/api/") && !is_for_operations(path),
        is_for_operations: is_for_operations(path),
        changes: method != "get",
        has_body: operation.request_body.is_some(),
        is_secured: operation.security.as_ref().is_some_and(|it| !it.is_empty()),
        is_for_operators: tags.iter().any(|it| it == tag::ADMIN),
        names_something: parameters.clone().any(|it| it.parameter_in == ParameterIn::Path),
        is_idempotent: parameters.any(|it| it.name == IDEMPOTENCY_KEY),
    }
}

fn add_problems(operation: &mut Operation, facts: &Facts) {
    let responses = &mut operation.responses.responses;
    for shared in SHARED.iter().filter(|it| (it.applies)(facts)) {
        let reference = || RefOr::Ref(Ref::from_response_name(shared.name));
        responses.entry(shared.status.to_string()).or_insert_with(reference);
    }
    for (status, response) in responses {
        // Handlers give only a description for their problems.
        if let RefOr::T(response) = response
            && status.starts_with(['4', '5'])
            && response.content.is_empty()
        {
            response.content.insert(PROBLEM.to_owned(), RefOr::T(content()));
        }
    }
}

fn add_form(operation: &mut Operation, is_flat: impl Fn(&str) -> bool) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    let Some(RefOr::T(json)) = body.content.get(JSON) else {
        return;
    };
    if let Some(RefOr::Ref(schema)) = &json.schema
        && schema.ref_location.rsplit('/').next().is_some_and(is_flat)
    {
        let form = RefOr::T(json.clone());
        body.content.entry(FORM.to_owned()).or_insert(form);
    }
}

/// Whether a form can express it: no lists and no nested objects.
fn is_flat(schema: &Schema) -> bool {
    let is_plain = |it: &RefOr<Schema>| match it {
        RefOr::T(Schema::Object(object)) => object.properties.is_empty(),
        _ => false,
    };
    match schema {
        Schema::Object(object) => object.properties.values().all(is_plain),
        _ => false,
    }
}

fn response(status: u16) -> Response {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let words: Vec<_> = codes.map(|code| format!("`{code}`: {}", code.meaning().trim())).collect();
    let response = ResponseBuilder::new().description(words.join("\n\n"));
    response.content(PROBLEM, content()).build()
}

fn content() -> Content {
    Content::new(Some(Ref::from_schema_name("Problem")))
}
