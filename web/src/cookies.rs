//! The cookies of this server: names, lifetimes and attributes.

use axum::response::{IntoResponseParts, ResponseParts};
use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};
use domain::{Code, Secret, say};
use http::{HeaderMap, HeaderValue, header};

use crate::{
    problem::{Refusal, Result},
    site::Site,
};

/// The refresh token of the browser's session.
pub const REFRESH: &str = "refresh_token";
/// Identifies the browser, signed.
pub const DEVICE: &str = "device";
/// The CSRF token.
pub const CSRF: &str = "csrftoken";

const REFRESH_LIFETIME: Duration = Duration::seconds(1_209_600);
const YEAR: Duration = Duration::days(365);

/// How many cookies of one name are read. An attacker who can set more could also exceed the limit
/// of the request head.
const MAX_VALUES: usize = 8;

/// The first values of this name.
pub fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    all(headers, name).take(MAX_VALUES)
}

/// All values of this name. Too many are refused.
pub fn every_value<'a>(headers: &'a HeaderMap, name: &str) -> Result<Vec<&'a str>> {
    let values: Vec<_> = all(headers, name).take(MAX_VALUES + 1).collect();
    match values.len() > MAX_VALUES {
        true => {
            Err(Code::MalformedRequest.because(say!("Too many cookies have the same name.")).into())
        }
        false => Ok(values),
    }
}

/// Other programs on the host may use the same names, and a browser sends all cookies that match. So
/// each value is a candidate until it has been verified. Values that are not UTF-8 are skipped.
fn all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|it| *it == b';')).filter_map(pair);
    let ours = pairs.filter(move |(key, _)| *key == name.as_bytes()).map(|it| it.1);
    ours.filter(|it| !it.is_empty()).filter_map(|it| str::from_utf8(it).ok())
}

fn pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|it| *it == b'=')?;
    let (name, value) = text.split_at_checked(at)?;
    Some((name.trim_ascii(), value.strip_prefix(b"=")?.trim_ascii()))
}

/// Cookies to set, as part of an answer.
#[derive(Debug, Default)]
pub struct SetCookies(Vec<HeaderValue>);

impl SetCookies {
    pub fn none() -> SetCookies {
        SetCookies::default()
    }

    pub fn refresh(self, site: &Site, token: &Secret) -> Result<SetCookies> {
        let cookie = base(site, REFRESH, token.expose().to_owned());
        self.and(cookie.http_only(true).max_age(REFRESH_LIFETIME).build())
    }

    pub fn without_refresh(self, site: &Site) -> Result<SetCookies> {
        let cookie = base(site, REFRESH, String::new()).http_only(true);
        self.and(cookie.max_age(Duration::ZERO).build())
    }

    /// `None` if the browser has one already.
    pub fn device(self, site: &Site, sealed: Option<String>) -> Result<SetCookies> {
        let Some(sealed) = sealed else { return Ok(self) };
        self.and(base(site, DEVICE, sealed).http_only(true).max_age(YEAR).build())
    }

    /// Scripts can read it, and send it back in a header.
    pub fn csrf(self, site: &Site, token: &str) -> Result<SetCookies> {
        self.and(base(site, CSRF, token.to_owned()).max_age(YEAR).build())
    }

    fn and(mut self, cookie: Cookie<'static>) -> Result<SetCookies> {
        let mut value = HeaderValue::from_str(&cookie.to_string()).map_err(Refusal::broken)?;
        value.set_sensitive(true);
        self.0.push(value);
        Ok(self)
    }
}

fn base(site: &Site, name: &'static str, value: String) -> CookieBuilder<'static> {
    let cookie = Cookie::build((name, value)).path(site.cookie_path().to_owned());
    cookie.same_site(SameSite::Lax).secure(site.is_https)
}

impl IntoResponseParts for SetCookies {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for value in self.0 {
            parts.headers_mut().append(header::SET_COOKIE, value);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use domain::settings::Settings;

    use super::*;

    fn site(public_url: &str) -> Site {
        let mut settings = Settings::default();
        settings.server.public_url = public_url.into();
        Site::new(&settings).unwrap()
    }

    #[test]
    fn cookies_are_read_from_any_line() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; refresh_token=x.y=z"));
        headers.append(header::COOKIE, HeaderValue::from_static("device=d;empty="));
        let read = |name: &str| values(&headers, name).collect::<Vec<_>>();
        assert_eq!(read(REFRESH), ["x.y=z"]);
        assert_eq!(read(DEVICE), ["d"]);
        assert!(read("empty").is_empty());
        assert!(read("token").is_empty());
    }

    #[test]
    fn what_is_not_ours_is_skipped() {
        let mut headers = HeaderMap::new();
        for line in [&b"a=\xff; device=1;;=;no pair"[..], b"device=; device =2", b"device=\xff"] {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        assert_eq!(values(&headers, DEVICE).collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(every_value(&headers, DEVICE).unwrap(), ["1", "2"]);
        let many = (0..100).map(|it| format!("device={it}")).collect::<Vec<_>>().join("; ");
        headers.insert(header::COOKIE, HeaderValue::from_str(&many).unwrap());
        assert_eq!(values(&headers, DEVICE).count(), MAX_VALUES);
        assert!(every_value(&headers, DEVICE).is_err());
    }

    #[test]
    fn secure_is_exactly_where_the_site_is_https() {
        let token = Secret::from("abc");
        let set = SetCookies::none().refresh(&site("https://a.example"), &token).unwrap();
        let expected = "refresh_token=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600";
        assert_eq!(set.0[0], expected);
        let set = SetCookies::none().without_refresh(&site("http://a.example")).unwrap();
        assert_eq!(set.0[0], "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
        let set = SetCookies::none().without_refresh(&site("http://a.example/auth/")).unwrap();
        assert_eq!(set.0[0], "refresh_token=; HttpOnly; SameSite=Lax; Path=/auth; Max-Age=0");
    }
}
