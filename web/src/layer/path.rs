//! One canonical path for each resource: without a trailing slash, and aliases resolved. The path is
//! rewritten before routing and never redirected, because clients then lose bodies and methods.

use axum::extract::Request;
use http::{Uri, uri::PathAndQuery};

/// Aliases of paths, with the canonical path.
pub const ALIASES: &[(&str, &str)] = &[
    ("/api/v1/auth/verify-email", "/api/v1/auth/email/verify"),
    ("/api/v1/auth/change-password", "/api/v1/auth/password/change"),
    ("/api/v1/auth/forgot-password", "/api/v1/auth/password/reset"),
    ("/api/v1/auth/reset-password", "/api/v1/auth/password/reset/confirm"),
    ("/api/v1/auth/profile/update", "/api/v1/auth/profile"),
    ("/api/v1/auth/health", "/health"),
];

pub fn rewrite(mut request: Request) -> Request {
    if let Some(uri) = rewritten(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` if it is canonical already.
fn rewritten(uri: &Uri) -> Option<Uri> {
    let path = Some(canonical(uri.path())).filter(|path| *path != uri.path())?;
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

fn canonical(path: &str) -> &str {
    let plain = path.strip_suffix('/').filter(|it| !it.is_empty()).unwrap_or(path);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == plain);
    alias.map_or(plain, |(_, canonical)| canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_aliases_lead_to_one_path() {
        let cases = [
            ("/", None),
            ("/api/v1/auth/login", None),
            ("/api/v1/auth/login/", Some("/api/v1/auth/login")),
            ("/api/v1/auth/login/?next=/a/", Some("/api/v1/auth/login?next=/a/")),
            ("/api/v1/auth/verify-email", Some("/api/v1/auth/email/verify")),
            ("/api/v1/auth/verify-email/?x=1", Some("/api/v1/auth/email/verify?x=1")),
            ("/api/v1/auth/health/", Some("/health")),
            ("/verify-email?token=a/", None),
            ("//", Some("/")),
        ];
        for (given, expected) in cases {
            let uri = rewritten(&given.parse().unwrap()).map(|it| it.to_string());
            assert_eq!(uri.as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn the_authority_stays() {
        let uri = rewritten(&"http://example.com/health/".parse().unwrap()).unwrap();
        assert_eq!(uri.to_string(), "http://example.com/health");
    }

    #[test]
    fn no_alias_leads_to_another() {
        for (alias, canonical) in ALIASES {
            assert!(!ALIASES.iter().any(|(other, _)| other == canonical), "{alias}");
        }
    }
}
