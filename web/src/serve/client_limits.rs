//! Limits the connections of each client address, and the memory of the bodies that it sends, so
//! that one client cannot exhaust the server.
//!
//! Addresses are grouped by network as for rate limits. A trusted proxy carries many clients, and is
//! not limited.

use std::{
    collections::HashMap,
    iter,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::client::Network;
use ipnet::IpNet;
use tokio::time::Instant;

use super::Limits;
use crate::layer::{Budget, MAX_HEAD, budget};

/// At most one warning in this time, because a client could otherwise flood the log.
const WARN_INTERVAL: Duration = Duration::from_mins(1);

/// One network may have 1 / `CLIENT_SHARE` of everything, and an IPv6 /48 1 / `WIDER_SHARE`.
const CLIENT_SHARE: usize = 4;
const WIDER_SHARE: usize = 2;

#[derive(Debug)]
pub struct ClientLimits {
    /// Of each network.
    max: Bound,
    /// Of each IPv6 /48.
    max_of_wider: Bound,
    trusted_proxies: Vec<IpNet>,
    open: Mutex<Usage>,
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    connections: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Usage {
    networks: HashMap<IpNet, NetworkUsage>,
    warned_at: Option<Instant>,
}

/// What a network uses.
#[derive(Debug)]
struct NetworkUsage {
    connections: usize,
    reading: Budget,
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub struct ConnectionSlot {
    /// `None` for a trusted proxy.
    counted: Option<(Arc<ClientLimits>, Network)>,
    /// The budgets that the bodies of its networks share.
    pub reading: Vec<Budget>,
}

impl ClientLimits {
    pub fn new(limits: &Limits) -> ClientLimits {
        let connections = max_per_client(limits.max_connections_per_client, limits.max_connections);
        let factor = usize::try_from(Network::WIDER_FACTOR).unwrap_or(usize::MAX);
        let wider = connections.saturating_mul(factor).min(limits.max_connections / WIDER_SHARE);
        let bytes = limits.max_reading;
        if connections < limits.max_connections_per_client {
            tracing::warn!(
                most = connections,
                "one client address has fewer connections than server.max_connections_per_client: \
                 at most a quarter of all"
            );
        }
        ClientLimits {
            max: Bound { connections, bytes: bytes / CLIENT_SHARE },
            max_of_wider: Bound { connections: wider.max(1), bytes: bytes / WIDER_SHARE },
            trusted_proxies: limits.trusted_proxies.clone(),
            open: Mutex::default(),
        }
    }

    /// `None` if the client has too many connections.
    pub fn admit(self: &Arc<ClientLimits>, peer: IpAddr) -> Option<ConnectionSlot> {
        let peer = peer.to_canonical();
        if self.trusted_proxies.iter().any(|it| it.contains(&peer)) {
            return Some(ConnectionSlot { counted: None, reading: Vec::new() });
        }
        let network = Network::of(peer);
        let mut open = self.open();
        let has_room = |(network, most): (_, Bound)| {
            open.networks.get(&network).is_none_or(|it| it.connections < most.connections)
        };
        if !self.bounds(network).all(has_room) {
            return None;
        }
        let mut reading = Vec::new();
        for (network, most) in self.bounds(network) {
            let new = || NetworkUsage { connections: 0, reading: budget(most.bytes) };
            let held = open.networks.entry(network).or_insert_with(new);
            held.connections += 1;
            reading.push(held.reading.clone());
        }
        Some(ConnectionSlot { counted: Some((self.clone(), network)), reading })
    }

    /// Logs that connections are refused, at most once per `WARN_INTERVAL`.
    pub fn warn_refused(&self, now: Instant) {
        let mut open = self.open();
        if open.warned_at.is_none_or(|it| now.saturating_duration_since(it) >= WARN_INTERVAL) {
            open.warned_at = Some(now);
            tracing::warn!(
                most = self.max.connections,
                "connections are refused because their client has too many open; where it is a \
                 proxy that sets X-Forwarded-For, list it in server.trusted_proxies; where it is \
                 NAT, raise server.max_connections_per_client"
            );
        }
    }

    /// The networks of a client, with their limits.
    fn bounds(&self, network: Network) -> impl Iterator<Item = (IpNet, Bound)> {
        let wider = network.wider.map(|it| (it, self.max_of_wider));
        iter::once((network.own, self.max)).chain(wider)
    }

    fn open(&self) -> MutexGuard<'_, Usage> {
        // Every change is complete, so the state after a panic is consistent.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections one network may have, given the two settings.
pub fn max_per_client(per_client: usize, all: usize) -> usize {
    per_client.min(all / CLIENT_SHARE).max(1)
}

/// The smallest `server.max_reading` with which the share of a client suffices for one request.
pub fn min_reading(body_limit: usize) -> usize {
    body_limit.saturating_add(MAX_HEAD).saturating_mul(CLIENT_SHARE)
}

impl ConnectionSlot {
    /// Whether the peer is a trusted proxy.
    pub fn is_proxy(&self) -> bool {
        self.counted.is_none()
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let Some((clients, network)) = self.counted.take() else { return };
        let mut open = clients.open();
        for (network, _) in clients.bounds(network) {
            if let Some(held) = open.networks.get_mut(&network) {
                held.connections = held.connections.saturating_sub(1);
                if held.connections == 0 {
                    open.networks.remove(&network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(most: usize) -> Arc<ClientLimits> {
        of(most, 1000)
    }

    fn of(most: usize, all: usize) -> Arc<ClientLimits> {
        let settings = domain::settings::Server {
            max_connections: all,
            max_connections_per_client: most,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..Default::default()
        };
        Arc::new(ClientLimits::new(&Limits::from(&settings)))
    }

    #[test]
    fn nobody_has_all_there_is() {
        let most = |per_client, all| {
            let clients = of(per_client, all);
            (clients.max.connections, clients.max_of_wider.connections)
        };
        assert_eq!(most(1000, 10_000), (1000, 5000));
        assert_eq!(most(100, 10_000), (100, 1600));
        assert_eq!(most(1000, 720), (180, 360));
        assert_eq!(most(1000, 1), (1, 1));
    }

    #[test]
    fn the_connections_of_a_client_share_what_it_may_hold() {
        let clients = clients(9);
        let slots: Vec<_> = (0..2).map(|_| clients.admit(ip("2001:db8::1")).unwrap()).collect();
        let other = clients.admit(ip("2001:db8:0:1::1")).unwrap();
        let all = Limits::from(&domain::settings::Server::default()).max_reading;
        let free = |slot: &ConnectionSlot| -> Vec<_> {
            slot.reading.iter().map(|it| it.available_permits()).collect()
        };
        assert_eq!(free(&other), [all / 4, all / 2]);
        let _held = slots[0].reading[0].try_acquire_many(1000).unwrap();
        let _wider = slots[0].reading[1].try_acquire_many(1000).unwrap();
        assert_eq!(free(&slots[1]), [all / 4 - 1000, all / 2 - 1000]);
        assert_eq!(free(&other), [all / 4, all / 2 - 1000]);
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_network_has_its_places_and_gets_them_back() {
        let clients = clients(2);
        let one = clients.admit(ip("192.0.2.1")).unwrap();
        let _two = clients.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert!(clients.admit(ip("192.0.2.1")).is_none());
        assert!(clients.admit(ip("192.0.2.2")).is_some());
        drop(one);
        assert!(clients.admit(ip("192.0.2.1")).is_some());
        let _six = [clients.admit(ip("2001:db8::1")), clients.admit(ip("2001:db8::2"))];
        assert!(clients.admit(ip("2001:db8::3")).is_none());
    }

    #[test]
    fn all_of_a_48_have_a_wider_bound() {
        let clients = clients(1);
        let admit = |number: u32| clients.admit(ip(&format!("2001:db8:1:{number:x}::1")));
        let slots: Vec<_> = (0..Network::WIDER_FACTOR).map(|it| admit(it).unwrap()).collect();
        assert!(admit(0xffff).is_none());
        assert!(clients.admit(ip("2001:db8:2::1")).is_some());
        drop(slots);
        assert!(admit(0xffff).is_some());
        assert!(clients.open().networks.is_empty());
    }

    #[test]
    fn a_trusted_proxy_is_not_counted() {
        let clients = clients(1);
        let slots: Vec<_> = (0..9).map(|_| clients.admit(ip("10.1.2.3")).unwrap()).collect();
        assert_eq!(slots.len(), 9);
        assert!(clients.open().networks.is_empty());
    }
}
