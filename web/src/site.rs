//! The public address of this server, and its hosts, origins and proxies, computed once from the
//! settings. A public address may have a path, which the proxy in front removes. So requests have none
//! of it, and whatever leads back to the server begins with [`Site::base`], `{{ base }}` in pages.

use std::{collections::BTreeSet, net::IpAddr};

use domain::settings::{Profile, Settings};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use url::{Host, Url};

/// The server as its clients see it.
#[derive(Debug, Clone)]
pub struct Site {
    pub name: String,
    pub profile: Profile,
    /// `https://auth.example.com`, as browsers write it in `Origin`.
    pub origin: String,
    /// `/auth` if the public address has a path, which a proxy removes. Else empty.
    pub base: String,
    /// The public address is https, so cookies are `Secure` and HSTS is sent.
    pub is_https: bool,
    /// Host names, lower-case, without ports.
    hosts: BTreeSet<String>,
    /// Other origins whose pages may call the API.
    pub allowed_origins: Vec<HeaderValue>,
    pub page_headers: PageHeaders,
    trusted_proxies: Vec<IpNet>,
}

/// Which headers pages of allowed origins may send beside those that the API reads.
#[derive(Debug, Clone)]
pub enum PageHeaders {
    /// All but those of proxies.
    Any,
    Listed(Vec<HeaderName>),
}

/// An invalid setting.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error("server.public_url: {0:?} is no address such as \"https://auth.example.com\"")]
    PublicUrl(String),
    #[error("cors.allowed_origins: {0:?} is no origin such as \"https://app.example.com\"")]
    Origin(String),
    #[error("cors.allowed_headers: {0:?} is no name of a header")]
    Header(String),
    #[error("server.allowed_hosts: {0:?} is no host name")]
    Host(String),
}

impl Site {
    pub fn new(settings: &Settings) -> Result<Site, SiteError> {
        let server = &settings.server;
        let public = public_url(settings)?;
        let mut hosts = BTreeSet::new();
        hosts.extend(public.host_str().map(str::to_owned));
        for name in &server.allowed_hosts {
            hosts.insert(host_name(name).ok_or_else(|| SiteError::Host(name.clone()))?);
        }
        if settings.profile != Profile::Production {
            hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        let origins = settings.cors.allowed_origins.iter();
        let origins =
            origins.map(|it| allowed_origin(it).ok_or_else(|| SiteError::Origin(it.clone())));
        Ok(Site {
            name: server.name.clone(),
            profile: settings.profile,
            origin: public.origin().ascii_serialization(),
            base: public.path().trim_end_matches('/').to_owned(),
            is_https: public.scheme() == "https",
            hosts,
            allowed_origins: origins.collect::<Result<_, _>>()?,
            page_headers: page_headers(&settings.cors.allowed_headers)?,
            trusted_proxies: server.trusted_proxies.clone(),
        })
    }

    /// The public address, to which a path can be appended.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.base)
    }

    /// The `Path` of cookies.
    pub fn cookie_path(&self) -> &str {
        if self.base.is_empty() { "/" } else { &self.base }
    }

    /// Whether development pages are served.
    pub fn is_for_developers(&self) -> bool {
        self.profile != Profile::Production
    }

    /// Whether `authority`, a `Host` with or without a port, is this server.
    pub fn answers_for(&self, authority: &str) -> bool {
        // Nearly all clients send the exact name, and parsing is expensive.
        self.hosts.contains(without_port(authority))
            || host_name(authority).is_some_and(|name| self.hosts.contains(&name))
    }

    pub fn trusts_proxy(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&peer))
    }

    /// Whether a page of `origin` may call the API.
    pub fn allows_origin(&self, origin: &HeaderValue) -> bool {
        origin.as_bytes() == self.origin.as_bytes() || self.allowed_origins.contains(origin)
    }
}

fn public_url(settings: &Settings) -> Result<Url, SiteError> {
    let text = match (settings.server.public_url.as_str(), settings.server.listen.first()) {
        ("", Some(address)) => format!("http://{address}"),
        (text, _) => text.to_owned(),
    };
    address(&text).ok_or(SiteError::PublicUrl(text))
}

/// A public address. Its path is used in links, cookies and pages without escaping, so it may contain
/// only unreserved characters (RFC 3986, section 2.3).
pub fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|it| matches!(it.scheme(), "http" | "https"))?;
    let is_bare = url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let is_mark = |it: u8| matches!(it, b'-' | b'.' | b'_' | b'~');
    let is_plain = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || is_mark(it));
    let mut segments = url.path().trim_end_matches('/').split('/').skip(1);
    let is_plain = segments.all(|it| !it.is_empty() && is_plain(it));
    (url.has_host() && is_bare && is_anonymous && is_plain).then_some(url)
}

/// An origin exactly as browsers send it. Apps and extensions have schemes such as
/// `capacitor://localhost`, whose origin is opaque in the URL standard.
pub fn allowed_origin(text: &str) -> Option<HeaderValue> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str().filter(|it| !it.is_empty() && !it.contains('*'))?;
    let port = url.port().map(|it| format!(":{it}")).unwrap_or_default();
    let is_exact = format!("{}://{host}{port}", url.scheme()) == text;
    // Browsers send `null` for files.
    let is_origin = is_exact && url.scheme() != "file";
    HeaderValue::from_str(text).ok().filter(|_| is_origin)
}

/// Parses the name of a header.
pub fn header_name(text: &str) -> Option<HeaderName> {
    text.parse().ok()
}

/// Allows any header.
pub const ANY: &str = "*";

fn page_headers(names: &[String]) -> Result<PageHeaders, SiteError> {
    if names.iter().any(|it| it == ANY) {
        return Ok(PageHeaders::Any);
    }
    let name = |it: &String| header_name(it).ok_or_else(|| SiteError::Header(it.clone()));
    names.iter().map(name).collect::<Result<_, _>>().map(PageHeaders::Listed)
}

/// Removes a port of plain digits.
fn without_port(authority: &str) -> &str {
    let is_port =
        |it: &str| (1..=5).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
    match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => authority,
    }
}

/// The host of `example.com`, `example.com:443` or `[::1]:8000`, lower-case.
fn host_name(authority: &str) -> Option<String> {
    let authority: http::uri::Authority = authority.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let name = authority.host().trim_end_matches('.').to_ascii_lowercase();
    Host::parse(&name).ok().map(|host| host.to_string())
}

/// Whether a page in a browser sent the request. Only browsers send these headers, and pages cannot
/// forge them.
pub fn is_from_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn settings(public_url: &str) -> Settings {
        let mut settings = Settings { profile: Profile::Production, ..Settings::default() };
        settings.server.public_url = public_url.into();
        settings
    }

    #[test]
    fn only_known_hosts_are_answered_for() {
        let mut settings = settings("https://Auth.Example.com");
        settings.server.allowed_hosts = vec!["internal.example".into()];
        let site = Site::new(&settings).unwrap();
        for good in
            ["auth.example.com", "AUTH.example.com:8443", "internal.example", "auth.example.com."]
        {
            assert!(site.answers_for(good), "{good}");
        }
        for bad in
            ["", "evil.example", "localhost", "auth.example.com@evil.example", "a b", "127.0.0.1"]
        {
            assert!(!site.answers_for(bad), "{bad}");
        }
    }

    #[test]
    fn development_answers_on_this_machine() {
        let site = Site::new(&Settings::default()).unwrap();
        for good in ["localhost:8000", "127.0.0.1:3000", "[::1]:8000"] {
            assert!(site.answers_for(good), "{good}");
        }
        assert_eq!(site.origin, "http://127.0.0.1:8000");
    }

    #[test]
    fn the_path_of_the_public_address_is_known() {
        let cases = [
            ("https://a.example", "", "/"),
            ("https://a.example/", "", "/"),
            ("https://a.example/auth", "/auth", "/auth"),
            ("https://a.example/my/auth-2.0//", "/my/auth-2.0", "/my/auth-2.0"),
        ];
        for (url, base, cookies) in cases {
            let site = Site::new(&settings(url)).unwrap();
            assert_eq!((site.base.as_str(), site.cookie_path()), (base, cookies), "{url}");
            assert_eq!(site.url(), format!("https://a.example{base}"));
            assert_eq!(site.origin, "https://a.example");
        }
        for path in ["a//b", "a;Path=/", "a%20b", "a b", "<b>", "ü", "a&b", "a?b", "#a", "a'b"] {
            assert!(Site::new(&settings(&format!("https://a.example/{path}"))).is_err(), "{path}");
        }
    }

    #[test]
    fn origins_are_listed_as_browsers_write_them() {
        for good in [
            "https://app.example.com",
            "http://localhost:3000",
            "http://[::1]:3000",
            "capacitor://localhost",
            "capacitor://localhost:8080",
            "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
            "safari-web-extension://6F3C1B3E-7A52-4D2B-9A2C-0B5E1A0C9D11",
        ] {
            assert_eq!(allowed_origin(good).unwrap(), good);
        }
        for wrong in [
            "",
            "*",
            "null",
            "localhost",
            "https://",
            "capacitor://",
            "capacitor://localhost/",
            "capacitor://localhost/a",
            "capacitor://a@localhost",
            "capacitor://localhost?a",
            "capacitor:localhost",
            "CAPACITOR://localhost",
            "file:///index.html",
            "file://host",
            "https://a.example/",
            "https://a.example:443",
            "https://A.example",
            "https://*.a.example",
            "chrome-extension://*",
            "data:text/html,a",
            "https://ü.example",
        ] {
            assert!(allowed_origin(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_work_is_named() {
        assert!(Site::new(&settings("auth.example.com")).is_err());
        let mut wrong = settings("https://auth.example.com");
        wrong.cors.allowed_headers = vec!["two words".into()];
        assert!(Site::new(&wrong).unwrap_err().to_string().contains("cors.allowed_headers"));
        let mut settings = settings("https://auth.example.com");
        settings.cors.allowed_origins = vec!["*".into()];
        assert!(Site::new(&settings).unwrap_err().to_string().contains("cors.allowed_origins"));
    }
}
