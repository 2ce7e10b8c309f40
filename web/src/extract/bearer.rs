//! The token of `Authorization: Bearer` (RFC 6750, section 2.1).

use axum::extract::FromRequestParts;
use domain::{Code, Secret};
use http::{HeaderMap, header, request::Parts};

use crate::problem::Refusal;

/// The token of the request, if any. Other schemes are ignored. A header with this scheme and without
/// a token is refused.
#[derive(Debug, Clone)]
pub struct Bearer(pub Option<Secret>);

/// Longer than any token that this server issues.
const LENGTH: usize = 8 * 1024;

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let token = token(&parts.headers);
        Ok(Bearer(token.map_err(|code| Refusal::of_access_token(code.into()))?))
    }
}

fn token(headers: &HeaderMap) -> Result<Option<Secret>, Code> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let text = value.as_bytes().trim_ascii();
    let at = text.iter().position(|it| *it == b' ').unwrap_or(text.len());
    let (scheme, token) = text.split_at_checked(at).unwrap_or((text, &[]));
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    let token = str::from_utf8(token.trim_ascii_start()).map_err(|_| Code::InvalidToken)?;
    let is_mark = |it: u8| matches!(it, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    let is_plain = token.bytes().all(|it| it.is_ascii_alphanumeric() || is_mark(it));
    match is_plain && (1..=LENGTH).contains(&token.len()) {
        true => Ok(Some(token.into())),
        false => Err(Code::InvalidToken),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(header: &str) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(header.as_bytes()).unwrap();
        headers.insert(header::AUTHORIZATION, value);
        token(&headers).map(|it| it.map(|it| it.expose().to_owned()))
    }

    #[test]
    fn tokens_are_read_strictly() {
        for good in ["Bearer a.b-c_d", "bearer a.b-c_d", "BEARER  a.b-c_d"] {
            assert_eq!(of(good), Ok(Some("a.b-c_d".into())), "{good}");
        }
        for none in ["Basic YTpi", "Basic ü", "Token abc", "abc"] {
            assert_eq!(of(none), Ok(None), "{none}");
        }
        let long = format!("Bearer {}", "a".repeat(LENGTH + 1));
        for wrong in
            ["Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\"", "Bearer ü", &long]
        {
            assert_eq!(of(wrong), Err(Code::InvalidToken), "{wrong}");
        }
        assert!(token(&HeaderMap::new()).unwrap().is_none());
    }
}
