//! CSRF tokens as a double-submit cookie: the token is in a cookie, which other sites cannot read,
//! and again in the request.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Code;
use http::{HeaderMap, HeaderValue};
use subtle::ConstantTimeEq as _;

use crate::{
    cookies,
    problem::{Refusal, Result},
};

/// The header in which scripts send the token. Forms have a field `csrf_token`.
pub const HEADER: &str = "x-csrftoken";

/// The length of 32 bytes in base64url.
const LENGTH: usize = 43;

/// The token of this browser, or a new one.
pub fn token(headers: &HeaderMap) -> Result<String> {
    if let Some(token) = held(headers).next() {
        return Ok(token.to_owned());
    }
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Refusal::broken("the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// For forms and for requests that only a cookie authenticates: the field or the header must equal a
/// cookie of this name.
pub fn check(headers: &HeaderMap, field: Option<&str>) -> Result<()> {
    let header = headers.get(HEADER).map(HeaderValue::as_bytes);
    let given = field.map(str::as_bytes).or(header).ok_or(Code::CsrfFailed)?;
    match held(headers).any(|cookie| given.ct_eq(cookie.as_bytes()).into()) {
        true => Ok(()),
        false => Err(Code::CsrfFailed.into()),
    }
}

/// Candidates for the token. Other programs may use the same cookie name.
fn held(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    cookies::values(headers, cookies::CSRF).filter(|it| is_well_formed(it))
}

fn is_well_formed(token: &str) -> bool {
    token.len() == LENGTH
        && token.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn with_cookie(token: &str) -> HeaderMap {
        let value = HeaderValue::from_str(&format!("csrftoken={token}")).unwrap();
        HeaderMap::from_iter([(header::COOKIE, value)])
    }

    #[test]
    fn a_browser_keeps_its_token() {
        let first = token(&HeaderMap::new()).unwrap();
        assert_eq!(first.len(), LENGTH);
        assert_eq!(token(&with_cookie(&first)).unwrap(), first);
        assert_ne!(token(&with_cookie("short")).unwrap(), "short");
    }

    #[test]
    fn field_or_header_must_equal_the_cookie() {
        let right = token(&HeaderMap::new()).unwrap();
        let other = token(&HeaderMap::new()).unwrap();
        let mut headers = with_cookie(&right);
        assert!(check(&headers, Some(&right)).is_ok());
        for wrong in [None, Some(""), Some(other.as_str()), right.get(1..)] {
            assert!(check(&headers, wrong).is_err());
        }
        headers.insert(HEADER, HeaderValue::from_str(&right).unwrap());
        assert!(check(&headers, None).is_ok());
        assert!(check(&headers, Some(&other)).is_err());
        assert!(check(&HeaderMap::new(), Some("")).is_err());
    }
}
