//! Which hosts may be called: those with public addresses, and those that the settings allow.
//!
//! Names are checked by the addresses they resolve to, in the same lookup that the connection uses,
//! so that a name cannot resolve differently for the check and for the call (DNS rebinding).

use std::{collections::HashSet, net::SocketAddr, sync::Arc};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use tokio::net::lookup_host;
use url::Host;

use super::{HttpError, is_public};

pub(super) struct Guard {
    /// In lower case, addresses without brackets.
    allowed: HashSet<String>,
}

/// The host has no public address.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address")]
pub(super) struct Refusal(pub String);

impl Guard {
    pub(super) fn new(allowed: &[String]) -> Guard {
        Guard { allowed: allowed.iter().map(|it| plain(it)).collect() }
    }

    /// Checks a URL before its name is resolved.
    pub(super) fn check(&self, url: &Url) -> Result<(), HttpError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HttpError::Address("it must begin with https: or http:".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HttpError::Address("it must not contain credentials".into()));
        }
        let ip = match url.host() {
            None => return Err(HttpError::Address("there is no host".into())),
            // Checked by the resolver.
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
        };
        match is_public(ip) || self.allows(&ip.to_string()) {
            true => Ok(()),
            false => Err(HttpError::Refused(ip.to_string())),
        }
    }

    fn allows(&self, host: &str) -> bool {
        self.allowed.contains(&plain(host))
    }
}

fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.').to_lowercase();
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// The system's resolver, filtered by the guard.
pub(super) struct Names(pub Arc<Guard>);

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let host = name.as_str();
            let is_allowed = guard.allows(host);
            // Port 0 stands for the port of the address.
            let found: Vec<SocketAddr> = lookup_host((host, 0))
                .await?
                .filter(|it| is_allowed || is_public(it.ip()))
                .collect();
            match found.is_empty() {
                true => Err(Refusal(host.to_owned()).into()),
                false => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}
