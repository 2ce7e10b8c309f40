//! The cookies of this server: what they are called, how long they live, who may read them.

use axum::response::{IntoResponseParts, ResponseParts};
use cookie::{Cookie, CookieBuilder, SameSite, time::Duration};
use domain::Secret;
use http::{HeaderMap, HeaderValue, header};

use crate::{
    problem::{Refusal, Result},
    site::Site,
};

/// The refresh token of the browser's session.
pub const REFRESH: &str = "refresh_token";
/// Which browser this is, signed.
pub const DEVICE: &str = "device";
/// What forms and pages prove themselves with.
pub const CSRF: &str = "csrftoken";

const REFRESH_LIFETIME: Duration = Duration::seconds(1_209_600);
const YEAR: Duration = Duration::days(365);

/// The value of the first cookie of this name.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|it| !it.is_empty())
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

    /// Where the browser had none.
    pub fn device(self, site: &Site, sealed: Option<String>) -> Result<SetCookies> {
        let Some(sealed) = sealed else { return Ok(self) };
        self.and(base(site, DEVICE, sealed).http_only(true).max_age(YEAR).build())
    }

    /// Readable by scripts, which send it back in a header.
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
    let cookie = Cookie::build((name, value)).path("/").same_site(SameSite::Lax);
    cookie.secure(site.is_https)
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
        assert_eq!(read(&headers, REFRESH), Some("x.y=z"));
        assert_eq!(read(&headers, DEVICE), Some("d"));
        assert_eq!(read(&headers, "empty"), None);
        assert_eq!(read(&headers, "token"), None);
    }

    #[test]
    fn secure_is_exactly_where_the_site_is_https() {
        let token = Secret::from("abc");
        let set = SetCookies::none().refresh(&site("https://a.example"), &token).unwrap();
        let expected = "refresh_token=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600";
        assert_eq!(set.0[0], expected);
        let set = SetCookies::none().without_refresh(&site("http://a.example")).unwrap();
        assert_eq!(set.0[0], "refresh_token=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    }
}
