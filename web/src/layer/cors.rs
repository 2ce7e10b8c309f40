//! Which other origins' pages may call the API and read its answers, with credentials.

use std::time::Duration;

use http::{HeaderName, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::site::Site;

pub fn layer(site: &Site) -> CorsLayer {
    let named = HeaderName::from_static;
    let accepted = [
        header::ACCEPT,
        header::ACCEPT_LANGUAGE,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        named("idempotency-key"),
        named("x-csrftoken"),
        named("x-request-id"),
    ];
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
        .allow_headers(accepted)
        .expose_headers(shown)
        .max_age(Duration::from_secs(600))
}
