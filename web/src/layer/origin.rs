//! Protection against cross-site request forgery by `Origin` and `Sec-Fetch-Site`.
//!
//! Browsers add cookies to requests of any page. So an unsafe request must come from a page of this
//! site, from an allowed origin, or from a client that is not a browser: browsers always send one of
//! the two headers, and pages cannot forge them.

use domain::{Code, Problem};
use http::{HeaderMap, Method, header};

use crate::site::Site;

pub fn check(method: &Method, headers: &HeaderMap, site: &Site) -> Result<(), Problem> {
    let fetched_from = headers.get("sec-fetch-site").map(|it| it.as_bytes());
    let allowed = match (headers.get(header::ORIGIN), fetched_from) {
        _ if is_harmless(method) => true,
        (Some(origin), _) if origin == "null" => false,
        (Some(origin), site_word) => {
            site.allows_origin(origin) || site_word == Some(b"same-origin".as_slice())
        }
        (None, Some(site_word)) => matches!(site_word, b"same-origin" | b"none"),
        (None, None) => true,
    };
    if allowed { Ok(()) } else { Err(Code::OriginNotAllowed.into()) }
}

fn is_harmless(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[cfg(test)]
mod tests {
    use domain::settings::Settings;
    use http::HeaderValue;

    use super::*;

    fn is_allowed(method: Method, origin: Option<&str>, fetched_from: Option<&str>) -> bool {
        let mut settings = Settings::default();
        settings.server.public_url = "https://auth.example.com".into();
        settings.cors.allowed_origins = vec!["https://app.example.com".into()];
        let given = [("origin", origin), ("sec-fetch-site", fetched_from)];
        let mut headers = HeaderMap::new();
        for (name, value) in given.into_iter().filter_map(|(name, it)| Some((name, it?))) {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        check(&method, &headers, &Site::new(&settings).unwrap()).is_ok()
    }

    #[test]
    fn only_our_pages_and_programs_change_things() {
        let (ours, app) = (Some("https://auth.example.com"), Some("https://app.example.com"));
        let cases = [
            (None, None, true),
            (ours, None, true),
            (ours, Some("cross-site"), true),
            (app, Some("cross-site"), true),
            (Some("https://evil.example"), None, false),
            (Some("https://evil.example"), Some("cross-site"), false),
            (Some("https://evil.example"), Some("same-site"), false),
            (Some("http://localhost:8000"), Some("same-origin"), true),
            (Some("https://auth.example.com.evil.example"), None, false),
            (Some("http://auth.example.com"), None, false),
            (Some("null"), None, false),
            (Some("null"), Some("same-origin"), false),
            (None, Some("same-origin"), true),
            (None, Some("none"), true),
            (None, Some("same-site"), false),
            (None, Some("cross-site"), false),
            (None, Some("nonsense"), false),
        ];
        for (origin, fetched_from, expected) in cases {
            for method in [Method::POST, Method::DELETE, Method::from_bytes(b"BREW").unwrap()] {
                let allowed = is_allowed(method, origin, fetched_from);
                assert_eq!(allowed, expected, "{origin:?} {fetched_from:?}");
            }
        }
        assert!(is_allowed(Method::GET, Some("https://evil.example"), Some("cross-site")));
    }
}
