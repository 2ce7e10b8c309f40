//! The description of the API (OpenAPI 3.1), generated from the handlers: their doc comments and those
//! of request types are its text. It is published at `/openapi.json`, as Swagger UI at `/swagger/` and
//! as a page without scripts at `/redoc/`.
//!
//! What many operations have in common is added here: their problems, forms as an alternative to
//! JSON, and the aliases of paths. The tests refuse an answer that the description does not list.

mod aliases;
mod common;
mod parameters;
pub mod tag;

use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Server,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    cookies,
    problem::{FieldErrorView, ProblemView, TokenMessageView},
};

/// The security scheme of an access token.
pub const BEARER: &str = "bearer";
/// The security scheme of a refresh token in its cookie.
pub const REFRESH_COOKIE: &str = "refresh_cookie";

const ABOUT: &str = "Accounts, sign-in and sessions.

Times are RFC 3339 in UTC, ids are UUIDs. Every path answers with and without a trailing slash. \
An absent body equals `{}`, and one that names a member twice is refused. Whole numbers beyond 64 \
bits are refused in metadata. Errors are `application/problem+json` (RFC 9457): compare their `code`. \
Each answer names its correlation id in `X-Request-ID`.";

/// Adds what is true of many operations to what the handlers say, for a server that people reach under
/// `base`.
pub(crate) fn complete(mut document: OpenApi, base: &str) -> OpenApi {
    if !base.is_empty() {
        document.servers = Some(vec![Server::new(base)]);
    }
    common::add(&mut document);
    aliases::add(&mut document);
    identify(&mut document);
    document
}

/// Derives the operation ids from method and path, so that they are unique and renaming a function
/// does not change generated clients.
fn identify(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let words = path.trim_start_matches("/api/v1").split(['/', '-', '.', '_']);
        let words = words.map(|it| it.trim_matches(['{', '}'])).filter(|it| !it.is_empty());
        let words: Vec<_> = words.collect();
        for (method, operation) in common::operations(item) {
            operation.operation_id = Some(format!("{method}_{}", words.join("_")));
        }
    }
}

/// The description without operations.
pub(crate) fn base() -> OpenApi {
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build();
    let info = InfoBuilder::new()
        .title("Portcullis")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .components(Some(components()))
        .tags(Some(tag::all()))
        .build()
}

fn components() -> Components {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token."))
        .build();
    let about = "The refresh token in its cookie, for browsers.";
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(cookies::REFRESH, about));
    ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(token))
        .security_scheme(REFRESH_COOKIE, SecurityScheme::ApiKey(cookie))
        .schema_from::<ProblemView<'_>>()
        .schema_from::<FieldErrorView>()
        .schema_from::<TokenMessageView>()
        .build()
}

#[cfg(test)]
mod tests;
