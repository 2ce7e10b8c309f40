//! Security headers. A header that a handler has set is not replaced.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::site::Site;

/// For answers that are not pages: nothing may be loaded, and nothing may frame them.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

static ALWAYS: [(HeaderName, &str); 8] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, NOTHING),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub fn write(headers: &mut HeaderMap, site: &Site) {
    for (name, value) in &ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if site.is_https {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
    }
}
