//! CORS: which other origins may call the API with credentials and read its answers.

use std::time::Duration;

use axum::extract::Request;
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::site::{PageHeaders, Site};

/// Far more than a page sends.
const MAX_HEADERS: usize = 64;

pub fn layer(site: &Site) -> CorsLayer {
    let named = HeaderName::from_static;
    let shown = [
        header::RETRY_AFTER,
        header::WWW_AUTHENTICATE,
        named("ratelimit"),
        named("ratelimit-policy"),
        named("x-request-id"),
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(site.allowed_origins.clone()))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // With credentials, browsers take `*` literally (Fetch, section 3.3.5), so the answer lists
        // the names.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(shown)
        .max_age(Duration::from_secs(600))
}

/// Reduces the headers that a preflight request asks for to those that are allowed.
pub fn pick_headers(site: &Site, mut request: Request) -> Request {
    if !request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        return request;
    }
    let asked = request.headers().get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = asked.flat_map(|it| it.as_bytes().split(|it| *it == b','));
    let names = names.filter_map(|it| HeaderName::from_bytes(it.trim_ascii()).ok());
    let picked = names.filter(|it| may_be_sent(&site.page_headers, it)).take(MAX_HEADERS);
    let picked: Vec<_> = picked.map(|it| it.to_string()).collect();
    request.headers_mut().remove(header::ACCESS_CONTROL_REQUEST_HEADERS);
    if let (false, Ok(value)) = (picked.is_empty(), HeaderValue::from_str(&picked.join(","))) {
        request.headers_mut().insert(header::ACCESS_CONTROL_REQUEST_HEADERS, value);
    }
    request
}

/// Headers that the API itself reads.
static OURS: [HeaderName; 7] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("x-csrftoken"),
    HeaderName::from_static("x-request-id"),
];

fn may_be_sent(allowed: &PageHeaders, name: &HeaderName) -> bool {
    OURS.contains(name)
        || match allowed {
            PageHeaders::Any => !is_of_proxies(name.as_str()),
            PageHeaders::Listed(names) => names.contains(name),
        }
}

/// A page must not forge headers that the server trusts when proxies send them.
fn is_of_proxies(name: &str) -> bool {
    matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-")
}
