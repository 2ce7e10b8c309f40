//! How many connections each client address has open, so that one cannot hold all there are.
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

/// At most one line in the log in so long a time: who opens many connections would write it.
const QUIET: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub struct Crowd {
    /// For each network.
    most: usize,
    trusted_proxies: Vec<IpNet>,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    counts: HashMap<IpNet, usize>,
    told_at: Option<Instant>,
}

/// One of the connections of a client; none of a trusted proxy.
#[derive(Debug)]
pub struct Place(Option<(Arc<Crowd>, Network)>);

impl Crowd {
    pub fn new(most: usize, trusted_proxies: Vec<IpNet>) -> Crowd {
        Crowd { most, trusted_proxies, open: Mutex::default() }
    }

    /// A place for one more connection, if the client may have one.
    pub fn enter(self: &Arc<Crowd>, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if self.trusted_proxies.iter().any(|it| it.contains(&peer)) {
            return Some(Place(None));
        }
        let network = Network::of(peer);
        let mut open = self.open();
        let has_room = |(network, most)| open.counts.get(&network).is_none_or(|it| *it < most);
        if !self.bounds(network).all(has_room) {
            return None;
        }
        for (network, _) in self.bounds(network) {
            *open.counts.entry(network).or_default() += 1;
        }
        Some(Place(Some((self.clone(), network))))
    }

    /// Tells the operator that connections are refused, now and then.
    pub fn tell(&self, now: Instant) {
        let mut open = self.open();
        if open.told_at.is_none_or(|it| now.saturating_duration_since(it) >= QUIET) {
            open.told_at = Some(now);
            tracing::warn!(
                most = self.most,
                "connections are refused because their client has too many open; \
                 a proxy has to be listed in server.trusted_proxies"
            );
        }
    }

    /// The networks that a client counts for, and how many each may have.
    fn bounds(&self, network: Network) -> impl Iterator<Item = (IpNet, usize)> {
        let factor = usize::try_from(Network::WIDER_FACTOR).unwrap_or(usize::MAX);
        let wider = network.wider.map(|it| (it, self.most.saturating_mul(factor)));
        iter::once((network.own, self.most)).chain(wider)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        // Every change is whole, so what a panic left is as good as any.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((crowd, network)) = self.0.take() else { return };
        let mut open = crowd.open();
        for (network, _) in crowd.bounds(network) {
            if let Some(count) = open.counts.get_mut(&network) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    open.counts.remove(&network);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(most: usize) -> Arc<Crowd> {
        Arc::new(Crowd::new(most, vec!["10.0.0.0/8".parse().unwrap()]))
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
        assert!(crowd.open().counts.is_empty());
    }

    #[test]
    fn a_trusted_proxy_is_not_counted() {
        let crowd = crowd(1);
        let places: Vec<_> = (0..9).map(|_| crowd.enter(ip("10.1.2.3")).unwrap()).collect();
        assert_eq!(places.len(), 9);
        assert!(crowd.open().counts.is_empty());
    }
}
