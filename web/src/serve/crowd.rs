//! How many connections each client address has open, and how much its requests in reading hold,
//! so that one cannot have all there is.
//!
//! Addresses are told apart as rate limits do. A trusted proxy has the connections of many, and is
//! not counted.

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
use crate::layer::{Budget, LARGEST_HEAD, budget};

/// At most one line in the log in so long a time: who opens many connections would write it.
const QUIET: Duration = Duration::from_mins(1);

/// What part of all there is one network may have, and what part all of a /48.
const PART: usize = 4;
const WIDER_PART: usize = 2;

#[derive(Debug)]
pub struct Crowd {
    /// For each network.
    most: Bound,
    /// For all of a /48.
    most_of_wider: Bound,
    trusted_proxies: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Bound {
    connections: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Open {
    networks: HashMap<IpNet, Held>,
    told_at: Option<Instant>,
}

/// What a network has.
#[derive(Debug)]
struct Held {
    connections: usize,
    reading: Budget,
}

/// One of the connections of a client; none of a trusted proxy.
#[derive(Debug)]
pub struct Place {
    counted: Option<(Arc<Crowd>, Network)>,
    /// What its requests in reading share with others of its networks.
    pub reading: Vec<Budget>,
}

impl Crowd {
    pub fn new(limits: &Limits) -> Crowd {
        let connections = most_of_client(limits.max_connections_per_client, limits.max_connections);
        let factor = usize::try_from(Network::WIDER_FACTOR).unwrap_or(usize::MAX);
        let wider = connections.saturating_mul(factor).min(limits.max_connections / WIDER_PART);
        let bytes = limits.max_reading;
        if connections < limits.max_connections_per_client {
            tracing::warn!(
                most = connections,
                "one client address has fewer connections than server.max_connections_per_client: \
                 at most a quarter of all"
            );
        }
        Crowd {
            most: Bound { connections, bytes: bytes / PART },
            most_of_wider: Bound { connections: wider.max(1), bytes: bytes / WIDER_PART },
            trusted_proxies: limits.trusted_proxies.clone(),
            open: Mutex::default(),
        }
    }

    /// A place for one more connection, if the client may have one.
    pub fn enter(self: &Arc<Crowd>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if self.trusted_proxies.iter().any(|it| it.contains(&peer)) {
            return Some(Place { counted: None, reading: Vec::new() });
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
            let new = || Held { connections: 0, reading: budget(most.bytes) };
            let held = open.networks.entry(network).or_insert_with(new);
            held.connections += 1;
            reading.push(held.reading.clone());
        }
        Some(Place { counted: Some((self.clone(), network)), reading })
    }

    /// Tells the operator that connections are refused, now and then.
    pub fn tell(&self, now: Instant) {
        let mut open = self.open();
        if open.told_at.is_none_or(|it| now.saturating_duration_since(it) >= QUIET) {
            open.told_at = Some(now);
            tracing::warn!(
                most = self.most.connections,
                "connections are refused because their client has too many open; where it is a \
                 proxy that sets X-Forwarded-For, list it in server.trusted_proxies; where it is \
                 NAT, raise server.max_connections_per_client"
            );
        }
    }

    /// The networks that a client counts for, and how many each may have.
    fn bounds(&self, network: Network) -> impl Iterator<Item = (IpNet, Bound)> {
        let wider = network.wider.map(|it| (it, self.most_of_wider));
        iter::once((network.own, self.most)).chain(wider)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Every change is whole, so what a panic left is as good as any.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections one network may have, where a client is meant to have `per_client` of
/// `all`.
pub fn most_of_client(per_client: usize, all: usize) -> usize {
    per_client.min(all / PART).max(1)
}

/// How many bytes in reading have to be allowed, so that a client's part suffices for one request.
pub fn least_reading(body_limit: usize) -> usize {
    body_limit.saturating_add(LARGEST_HEAD).saturating_mul(PART)
}

impl Place {
    /// The client is a trusted proxy, and many.
    pub fn is_of_many(&self) -> bool {
        self.counted.is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((crowd, network)) = self.counted.take() else { return };
        let mut open = crowd.open();
        for (network, _) in crowd.bounds(network) {
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

    fn crowd(most: usize) -> Arc<Crowd> {
        of(most, 1000)
    }

    fn of(most: usize, all: usize) -> Arc<Crowd> {
        let settings = domain::settings::Server {
            max_connections: all,
            max_connections_per_client: most,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            ..Default::default()
        };
        Arc::new(Crowd::new(&Limits::from(&settings)))
    }

    #[test]
    fn nobody_has_all_there_is() {
        let most = |per_client, all| {
            let crowd = of(per_client, all);
            (crowd.most.connections, crowd.most_of_wider.connections)
        };
        assert_eq!(most(1000, 10_000), (1000, 5000));
        assert_eq!(most(100, 10_000), (100, 1600));
        assert_eq!(most(1000, 720), (180, 360));
        assert_eq!(most(1000, 1), (1, 1));
    }

    #[test]
    fn the_connections_of_a_client_share_what_it_may_hold() {
        let crowd = crowd(9);
        let places: Vec<_> = (0..2).map(|_| crowd.enter(ip("2001:db8::1")).unwrap()).collect();
        let other = crowd.enter(ip("2001:db8:0:1::1")).unwrap();
        let all = Limits::from(&domain::settings::Server::default()).max_reading;
        let free = |place: &Place| -> Vec<_> {
            place.reading.iter().map(|it| it.available_permits()).collect()
        };
        assert_eq!(free(&other), [all / 4, all / 2]);
        let _held = places[0].reading[0].try_acquire_many(1000).unwrap();
        let _wider = places[0].reading[1].try_acquire_many(1000).unwrap();
        assert_eq!(free(&places[1]), [all / 4 - 1000, all / 2 - 1000]);
        assert_eq!(free(&other), [all / 4, all / 2 - 1000]);
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_network_has_its_places_and_gets_them_back() {
        let crowd = crowd(2);
        let one = crowd.enter(ip("192.0.2.1")).unwrap();
        let _two = crowd.enter(ip("::ffff:192.0.2.1")).unwrap();
        assert!(crowd.enter(ip("192.0.2.1")).is_none());
        assert!(crowd.enter(ip("192.0.2.2")).is_some());
        drop(one);
        assert!(crowd.enter(ip("192.0.2.1")).is_some());
        let _six = [crowd.enter(ip("2001:db8::1")), crowd.enter(ip("2001:db8::2"))];
        assert!(crowd.enter(ip("2001:db8::3")).is_none());
    }

    #[test]
    fn all_of_a_48_have_a_wider_bound() {
        let crowd = crowd(1);
        let enter = |number: u32| crowd.enter(ip(&format!("2001:db8:1:{number:x}::1")));
        let places: Vec<_> = (0..Network::WIDER_FACTOR).map(|it| enter(it).unwrap()).collect();
        assert!(enter(0xffff).is_none());
        assert!(crowd.enter(ip("2001:db8:2::1")).is_some());
        drop(places);
        assert!(enter(0xffff).is_some());
        assert!(crowd.open().networks.is_empty());
    }

    #[test]
    fn a_trusted_proxy_is_not_counted() {
        let crowd = crowd(1);
        let places: Vec<_> = (0..9).map(|_| crowd.enter(ip("10.1.2.3")).unwrap()).collect();
        assert_eq!(places.len(), 9);
        assert!(crowd.open().networks.is_empty());
    }
}
