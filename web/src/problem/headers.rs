//! The headers of a problem: `Retry-After`, rate limits, `WWW-Authenticate`, and `Connection: close`
//! after a timeout.

use domain::{Code, Problem, access::limit::Taken};
use http::{HeaderMap, HeaderValue, header};

use super::PROBLEM_JSON;

pub fn write(headers: &mut HeaderMap, problem: &Problem) {
    headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    if let Some(span) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(span.seconds_up()));
    }
    if let Some((name, taken)) = &problem.limit {
        write_limit(headers, name, taken);
    }
    if matches!(problem.code.status(), 408 | 504) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if problem.code.status() == 401 {
        headers.insert(header::WWW_AUTHENTICATE, challenge(problem.code));
    }
}

/// RFC 6750, section 3: no error code where no token was presented.
fn challenge(code: Code) -> HeaderValue {
    HeaderValue::from_static(match code {
        Code::InvalidToken => {
            r#"Bearer realm="portcullis", error="invalid_token", error_description="The token is not valid.""#
        }
        Code::SessionEnded | Code::RefreshTokenReused => {
            r#"Bearer realm="portcullis", error="invalid_token", error_description="The session has ended.""#
        }
        _ => r#"Bearer realm="portcullis""#,
    })
}

/// `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers.
fn write_limit(headers: &mut HeaderMap, name: &str, taken: &Taken) {
    let (rate, wait) = (taken.rate, taken.retry_after.seconds_up());
    let limit = format!("\"{name}\";r={};t={wait}", taken.remaining);
    let rule = format!("\"{name}\";q={};w={}", rate.count, rate.per.seconds_up());
    for (header, value) in [("ratelimit", limit), ("ratelimit-policy", rule)] {
        // The names of limits are ASCII, which is valid in any header.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header, value);
        }
    }
}
