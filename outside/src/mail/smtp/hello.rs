//! The client name in EHLO (RFC 5321, section 4.1.4). Many servers refuse a name without a domain.

use std::net::IpAddr;

use lettre::transport::smtp::extension::ClientId;
use url::{Host, Url};

/// `chosen`, else the first public name that we have: the host of the public URL, the domain of the
/// sender. The last resort is the name of this machine.
pub(super) fn name(chosen: &str, public_url: &str, sender: &str) -> ClientId {
    let public = Url::parse(public_url).ok();
    let public = public.as_ref().and_then(Url::host_str).unwrap_or_default();
    host(chosen)
        .or_else(|| [public, sender].into_iter().filter_map(host).find(is_public))
        .unwrap_or_default()
}

/// Whether `text` is valid for `email.hello_name`: empty, a host name or an IP address.
pub fn is_hello_name(text: &str) -> bool {
    text.is_empty() || host(text).is_some()
}

fn host(text: &str) -> Option<ClientId> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(literal(address));
    }
    match Host::parse(text).ok()? {
        Host::Domain(name) => Some(ClientId::Domain(name)),
        Host::Ipv4(address) => Some(literal(address.into())),
        Host::Ipv6(address) => Some(literal(address.into())),
    }
}

fn literal(address: IpAddr) -> ClientId {
    match address {
        IpAddr::V4(it) => ClientId::Ipv4(it),
        IpAddr::V6(it) => ClientId::Ipv6(it),
    }
}

fn is_public(name: &ClientId) -> bool {
    match name {
        ClientId::Domain(name) => name.trim_end_matches('.').contains('.'),
        ClientId::Ipv4(it) => !it.is_loopback() && !it.is_unspecified(),
        ClientId::Ipv6(it) => !it.is_loopback() && !it.is_unspecified(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_is_the_fullest_name_we_have() {
        let cases = [
            ("mail.example.org", "https://id.example.com", "example.net", "mail.example.org"),
            ("192.0.2.1", "https://id.example.com", "example.net", "[192.0.2.1]"),
            ("2001:db8::1", "", "", "[IPv6:2001:db8::1]"),
            ("", "https://id.example.com:8443/auth", "example.net", "id.example.com"),
            ("", "https://b\u{fc}cher.example", "example.net", "xn--bcher-kva.example"),
            ("", "http://192.0.2.1:8000", "example.net", "[192.0.2.1]"),
            ("", "http://127.0.0.1:8000", "example.net", "example.net"),
            ("", "http://localhost:8000", "example.net", "example.net"),
            ("", "", "b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("a\r\nMAIL FROM:<x>", "", "example.net", "example.net"),
        ];
        for (chosen, public_url, sender, expected) in cases {
            assert_eq!(name(chosen, public_url, sender).to_string(), expected);
            assert_eq!(is_hello_name(chosen), !chosen.contains(' '), "{chosen}");
        }
        assert_eq!(name("", "", "localhost"), ClientId::default());
    }
}
