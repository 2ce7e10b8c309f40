//! The description of the API arranged for reading: operations by group, then the types that they
//! speak of. We render it ourselves, because a bundle from another host would have to be let through the
//! content security policy.

mod shape;

use serde::Serialize;
use serde_json::Value;

use self::shape::{Row, Shape};
use crate::layer::path::ALIASES;

/// The whole reference.
#[derive(Serialize)]
pub struct Reference<'a> {
    version: &'a str,
    /// The base of all paths.
    server: &'a str,
    about: &'a str,
    groups: Vec<Group<'a>>,
    types: Vec<Type<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    about: &'a str,
    operations: Vec<Operation<'a>>,
}

#[derive(Serialize)]
struct Operation<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    /// Other names of the path.
    aliases: Vec<&'a str>,
    summary: &'a str,
    about: &'a str,
    /// Alternative ways to authenticate.
    schemes: Vec<&'a str>,
    parameters: Vec<Row<'a>>,
    body: Option<Body<'a>>,
    answers: Vec<Answer<'a>>,
}

#[derive(Serialize)]
struct Body<'a> {
    media: Vec<&'a str>,
    shape: Shape,
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'a str,
    about: &'a str,
    shape: Option<Shape>,
}

#[derive(Serialize)]
struct Type<'a> {
    name: &'a str,
    about: &'a str,
    shape: Shape,
    rows: Vec<Row<'a>>,
}

impl<'a> Reference<'a> {
    pub fn of(document: &'a Value) -> Reference<'a> {
        let info = &document["info"];
        let schemas = document.pointer("/components/schemas").into_iter().flat_map(members);
        Reference {
            version: text(&info["version"]),
            server: document.pointer("/servers/0/url").map(text).unwrap_or_default(),
            about: text(&info["description"]),
            groups: list(&document["tags"]).map(|tag| group(document, tag)).collect(),
            types: schemas.map(|(name, schema)| of_type(name, schema)).collect(),
        }
    }
}

fn group<'a>(document: &'a Value, tag: &'a Value) -> Group<'a> {
    let name = text(&tag["name"]);
    let paths = members(&document["paths"]);
    let all = paths
        .filter(|(path, _)| ALIASES.iter().all(|(alias, _)| alias != path))
        .flat_map(|(path, item)| members(item).map(move |(method, it)| (path, method, it)));
    let ours = all.filter(|(_, _, it)| list(&it["tags"]).any(|tag| tag == name));
    let operations = ours.map(|(path, method, it)| operation(document, path, method, it));
    Group { name, about: text(&tag["description"]), operations: operations.collect() }
}

fn operation<'a>(
    document: &'a Value,
    path: &'a str,
    method: &str,
    operation: &'a Value,
) -> Operation<'a> {
    let schemes = list(&operation["security"]).flat_map(members).map(|(name, _)| name);
    let answers = members(&operation["responses"]);
    let aliases = ALIASES.iter().filter(|(_, canonical)| *canonical == path);
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path,
        aliases: aliases.map(|(alias, _)| *alias).collect(),
        summary: text(&operation["summary"]),
        about: text(&operation["description"]),
        schemes: schemes.collect(),
        parameters: list(&operation["parameters"]).map(Row::of_parameter).collect(),
        body: operation.pointer("/requestBody/content").and_then(body),
        answers: answers.map(|(status, it)| answer(status, resolved(document, it))).collect(),
    }
}

fn body(content: &Value) -> Option<Body<'_>> {
    let media: Vec<_> = members(content).map(|(media, _)| media).collect();
    let (_, first) = members(content).next()?;
    Some(Body { media, shape: Shape::of(&first["schema"]) })
}

fn answer<'a>(status: &'a str, answer: &'a Value) -> Answer<'a> {
    let first = members(&answer["content"]).next();
    let shape = first.map(|(_, content)| Shape::of(&content["schema"]));
    Answer { status, about: text(&answer["description"]), shape }
}

fn of_type<'a>(name: &'a str, schema: &'a Value) -> Type<'a> {
    let rows = shape::properties(schema);
    Type { name, about: text(&schema["description"]), shape: Shape::of(schema), rows }
}

/// Resolves a `$ref` within the document.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    target.and_then(|it| document.pointer(it)).unwrap_or(value)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, it)| (name.as_str(), it))
}
