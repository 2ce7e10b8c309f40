//! Where this server is reached and whom it answers: hosts, origins, proxies, worked out once from
//! the settings.

use std::{collections::BTreeSet, net::IpAddr};

use domain::settings::{Profile, Settings};
use http::{HeaderMap, HeaderValue, header};
use ipnet::IpNet;
use url::{Host, Url};

/// The server as its clients see it.
#[derive(Debug, Clone)]
pub struct Site {
    pub name: String,
    pub profile: Profile,
    /// `https://auth.example.com`, as browsers write it in `Origin`.
    pub origin: String,
    /// People reach the server by https, so cookies are `Secure` and browsers are told to stay.
    pub is_https: bool,
    /// Host names, lower-case, without ports.
    hosts: BTreeSet<String>,
    /// Other origins whose pages may call the API.
    pub allowed_origins: Vec<HeaderValue>,
    trusted_proxies: Vec<IpNet>,
}

/// A setting that no server can be run with.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error("server.public_url: {0:?} is no address such as \"https://auth.example.com\"")]
    PublicUrl(String),
    #[error("cors.allowed_origins: {0:?} is no origin such as \"https://app.example.com\"")]
    Origin(String),
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
        let origins = settings.cors.allowed_origins.iter().map(|it| allowed_origin(it));
        Ok(Site {
            name: server.name.clone(),
            profile: settings.profile,
            origin: public.origin().ascii_serialization(),
            is_https: public.scheme() == "https",
            hosts,
            allowed_origins: origins.collect::<Result<_, _>>()?,
            trusted_proxies: server.trusted_proxies.clone(),
        })
    }

    /// Whether development pages are there.
    pub fn is_for_developers(&self) -> bool {
        self.profile != Profile::Production
    }

    /// Whether `authority`, a `Host` with or without a port, is this server.
    pub fn answers_for(&self, authority: &str) -> bool {
        // Nearly all clients write the name as it is known, and parsing it is dear.
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
    let url = Url::parse(&text).ok().filter(|it| it.has_host());
    let url = url.filter(|it| matches!(it.scheme(), "http" | "https"));
    url.ok_or(SiteError::PublicUrl(text))
}

fn allowed_origin(text: &str) -> Result<HeaderValue, SiteError> {
    let wrong = || SiteError::Origin(text.to_owned());
    let url = Url::parse(text).ok().filter(|it| it.has_host() && it.path() == "/");
    let origin = url.ok_or_else(wrong)?.origin().ascii_serialization();
    HeaderValue::from_str(&origin).map_err(|_| wrong())
}

/// Without the port, if it has one that is plain.
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

/// The request comes from a page in a browser: only browsers send these, and pages cannot forge
/// them.
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
    fn what_cannot_work_is_named() {
        assert!(Site::new(&settings("auth.example.com")).is_err());
        let mut settings = settings("https://auth.example.com");
        settings.cors.allowed_origins = vec!["*".into()];
        assert!(Site::new(&settings).unwrap_err().to_string().contains("cors.allowed_origins"));
    }
}
