//! The client of a request, as far as the request tells.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::OnceLock,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use woothee::parser::Parser;

use crate::text;

/// Longer user agents are cut: they come from outside and are stored.
const USER_AGENT_LENGTH: usize = 512;

/// The client of a request. The address is that of the peer, or the one that a trusted proxy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub ip: IpAddr,
    pub user_agent: String,
    device: OnceLock<Device>,
}

/// What a user agent says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `Firefox`, or empty where unknown.
    pub browser: String,
    /// `Linux`, or empty where unknown.
    pub os: String,
    /// `desktop`, `mobile`, `bot` or `unknown`.
    pub kind: &'static str,
}

impl Client {
    pub fn new(ip: IpAddr, user_agent: &str) -> Client {
        Client {
            ip: ip.to_canonical(),
            user_agent: text::clipped(user_agent, USER_AGENT_LENGTH),
            device: OnceLock::new(),
        }
    }

    /// What rate limits count by.
    pub fn network(&self) -> Network {
        Network::of(self.ip)
    }

    pub fn device(&self) -> &Device {
        self.device.get_or_init(|| Device::parse(&self.user_agent))
    }
}

/// The network of a client, by which limits tell clients apart: its IPv4 address, or the IPv6 /64
/// that one customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    pub own: IpNet,
    /// The IPv6 /48 around it. One site may have all of its 65,536 networks (RFC 6177), so limits
    /// on each of them alone would limit nothing.
    pub wider: Option<IpNet>,
}

impl Network {
    /// All networks of a /48 together have this many times the limit of one. Mobile carriers
    /// give each phone a /64, so one /48 may be many customers.
    pub const WIDER_FACTOR: u32 = 16;

    pub fn of(ip: IpAddr) -> Network {
        match ip.to_canonical() {
            IpAddr::V4(it) => Network { own: v4(it), wider: None },
            IpAddr::V6(it) => Network { own: v6(it, 64), wider: Some(v6(it, 48)) },
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.own {
            IpNet::V4(it) => it.addr().fmt(f),
            IpNet::V6(it) => it.fmt(f),
        }
    }
}

fn v4(ip: Ipv4Addr) -> IpNet {
    Ipv4Net::from(ip).into()
}

fn v6(ip: Ipv6Addr, length: u8) -> IpNet {
    // Fails only for a prefix longer than 128 bits.
    Ipv6Net::new(ip, length).unwrap_or_else(|_| ip.into()).trunc().into()
}

impl Device {
    fn parse(user_agent: &str) -> Device {
        let known = |name: &str| if name == "UNKNOWN" { String::new() } else { name.to_owned() };
        let Some(parsed) = Parser::new().parse(user_agent) else {
            return Device { browser: String::new(), os: String::new(), kind: "unknown" };
        };
        let kind = match parsed.category {
            "pc" => "desktop",
            "smartphone" | "mobilephone" => "mobile",
            "crawler" => "bot",
            _ => "unknown",
        };
        Device { browser: known(parsed.name), os: known(parsed.os), kind }
    }

    /// `Firefox on Linux`, for people.
    pub fn title(&self) -> String {
        match (self.browser.is_empty(), self.os.is_empty()) {
            (false, false) => format!("{} on {}", self.browser, self.os),
            (false, true) => self.browser.clone(),
            (true, false) => self.os.clone(),
            (true, true) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(user_agent: &str) -> Client {
        Client::new("192.0.2.1".parse().unwrap(), user_agent)
    }

    #[test]
    fn a_browser_is_recognised() {
        let firefox =
            client("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0");
        assert_eq!(firefox.device().title(), "Firefox on Linux");
        assert_eq!(firefox.device().kind, "desktop");
        assert_eq!(client("").device().title(), "");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        assert_eq!(client(&"x".repeat(10_000)).user_agent.len(), USER_AGENT_LENGTH);
        assert_eq!(client("a\tb").user_agent, "ab");
    }

    #[test]
    fn ipv6_counts_by_network() {
        let network = |ip: &str| Client::new(ip.parse().unwrap(), "").network();
        let one = network("2001:db8:1:2:3:4:5:6");
        assert_eq!(one.to_string(), "2001:db8:1:2::/64");
        assert_eq!(one.wider.unwrap().to_string(), "2001:db8:1::/48");
        assert_eq!(one, network("2001:db8:1:2:ffff::"));
        assert_eq!(one.wider, network("2001:db8:1:ffff::").wider);
        let mapped = network("::ffff:192.0.2.1");
        assert_eq!((mapped.to_string().as_str(), mapped.wider), ("192.0.2.1", None));
    }
}
