//! Which addresses belong to the public Internet (IANA's registries of special-purpose addresses,
//! RFC 6890).
//!
//! Addresses that embed another one (mapped, translated, 6to4, Teredo) are not public, even if the
//! embedded one is: they could bypass this rule, and no server needs them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether calls to `ip` are allowed by default.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        // This network, private, shared (CGNAT), loopback, link-local.
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        // Protocol assignments, documentation, 6to4 relays, benchmarking.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Protocol assignments with Teredo, ORCHID and benchmarking: 2001::/23.
        [0x2001, second, ..] if second < 0x0200 => false,
        // Documentation, 6to4.
        [0x2001, 0x0db8, ..] | [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // All of the public Internet so far is in 2000::/3. Outside of it: unspecified, loopback,
        // mapped, translated (64:ff9b::/96), unique local, link-local, multicast.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn the_public_internet_may_be_called() {
        let addresses = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 \
             128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 \
             192.88.98.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.0 \
             198.51.101.0 203.0.112.0 203.0.114.0 223.255.255.255 2000::1 2001:200::1 \
             2001:4860:4860::8888 2001:db7::1 2001:db9::1 2003::1 2606:4700:4700::1111 \
             2a00:1450::1 3ffe:ffff::1 3fff:1000::1";
        for text in addresses.split(' ') {
            assert!(public(text), "{text}");
        }
    }

    #[test]
    fn what_is_special_may_not() {
        let addresses = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 \
             127.255.255.254 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 \
             192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 \
             198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 \
             ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::8.8.8.8 \
             64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378::1 2001:2::1 2001:10::1 2001:20::1 \
             2001:1ff::1 2001:db8::1 2002:7f00:1::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 \
             fd12:3456::1 fe80::1 fec0::1 ff02::1 1fff::1";
        for text in addresses.split(' ') {
            assert!(!public(text), "{text}");
        }
    }
}
