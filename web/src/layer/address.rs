//! The client's address behind proxies (RFC 7239).
//!
//! Only entries that a trusted proxy wrote count. The search starts at the peer and goes through the
//! entries from right to left while the current address is a trusted proxy. An entry that is not an
//! address ends it.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// The nearest address that is not a trusted proxy.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for entry in entries(headers) {
        if !trusts(nearest) {
            break;
        }
        let Some(address) = entry else { break };
        nearest = address;
    }
    nearest
}

/// Right to left. A proxy that writes one of the two headers passes the other on as the client sent
/// it. Nearly all proxies write `X-Forwarded-For`, so it takes precedence.
fn entries(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let is_plain = headers.contains_key("x-forwarded-for");
    let name = if is_plain { "x-forwarded-for" } else { "forwarded" };
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    let entries = lines.into_iter().rev().flat_map(|it| it.as_bytes().rsplit(|it| *it == b','));
    entries.map(move |entry| {
        let entry = str::from_utf8(entry).ok()?;
        node(if is_plain { entry } else { forwarded_for(entry)? })
    })
}

/// The `for` of an element such as `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value)
}

/// An address with or without a port. `None` for `unknown` and obfuscated names.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok();
    address
        .or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
        .map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// The client of a request from 10.0.0.1 with these lines; 10.* is trusted.
    fn seen(name: &str, lines: &[&str]) -> String {
        seen_from("10.0.0.1", name, lines)
    }

    fn seen_from(peer: &str, name: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let is_ten = |ip: IpAddr| ip.to_string().starts_with("10.");
        client(peer.parse().unwrap(), &headers, is_ten).to_string()
    }

    #[test]
    fn the_right_most_untrusted_entry_counts() {
        let cases: &[(&[&str], &str)] = &[
            (&[], "10.0.0.1"),
            (&["192.0.2.7"], "192.0.2.7"),
            (&["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (&["198.51.100.1", "192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["::ffff:192.0.2.7"], "192.0.2.7"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["192.0.2.7, garbage, 10.0.0.2"], "10.0.0.2"),
            (&["192.0.2.7, "], "10.0.0.1"),
            (&["ü, 192.0.2.7"], "192.0.2.7"),
            (&["192.0.2.7, ü"], "10.0.0.1"),
        ];
        for (lines, expected) in cases {
            assert_eq!(seen("x-forwarded-for", lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn forwarded_elements_are_read() {
        let cases = [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.43, for=\"10.1.1.1\"", "192.0.2.43"),
            ("for=192.0.2.43, for=unknown", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("for=\"192.0.2.1, for=192.0.2.2", "192.0.2.2"),
        ];
        for (line, expected) in cases {
            assert_eq!(seen("forwarded", &[line]), expected, "{line}");
        }
    }

    #[test]
    fn strangers_are_not_believed() {
        let line = &["192.0.2.7"];
        assert_eq!(seen_from("203.0.113.9", "x-forwarded-for", line), "203.0.113.9");
    }
}
