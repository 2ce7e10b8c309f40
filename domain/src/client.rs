//! Who is at the other end of a request, as far as the request shows.

use std::{net::IpAddr, sync::OnceLock};

use woothee::parser::Parser;

use crate::text;

/// Longer user agents are cut: they come from outside and are stored.
const USER_AGENT_LENGTH: usize = 512;

/// The other end of a request. The address is the peer's, or a trusted proxy's word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub ip: IpAddr,
    pub user_agent: String,
    device: OnceLock<Device>,
}

/// What a user agent says of itself.
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

    /// What rate limits count by: the address, and of IPv6 the /64 that one customer has.
    pub fn network(&self) -> String {
        match self.ip {
            IpAddr::V4(it) => it.to_string(),
            IpAddr::V6(it) => {
                let [a, b, c, d, ..] = it.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }

    pub fn device(&self) -> &Device {
        self.device.get_or_init(|| Device::parse(&self.user_agent))
    }
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
        let one = Client::new("2001:db8:1:2:3:4:5:6".parse().unwrap(), "");
        assert_eq!(one.network(), "2001:db8:1:2::/64");
        let mapped = Client::new("::ffff:192.0.2.1".parse().unwrap(), "");
        assert_eq!(mapped.network(), "192.0.2.1");
    }
}
