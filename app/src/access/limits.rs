//! Rate limits: spent before anything expensive, given back where what they count did not happen.
//!
//! The rule is `domain::access::limit`, the table of limits is in `domain::settings`, and the numbers
//! are in the cache, in memory or in Redis. [`guard`](super::guard) takes the limits that count for
//! whoever calls; use cases take those that count for an account or a recipient, or only failures.

use std::fmt;

use domain::{
    Problem,
    access::limit::{Rate, Taken},
    client::Network,
    settings::{Limit, Per},
};

use crate::{App, Ctx, Error, Result};

/// The limit of a shared count (a wider network, all parts) is this many times the limit of one.
const WIDER_FACTOR: u32 = Network::WIDER_FACTOR;

/// Who a limit counts for.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A session, a user or a recipient.
    One(&'a str),
    /// A client's network, and the wider network around it.
    Network(&'a Network),
    /// One of several parts that also share a count, such as the devices of an account.
    Part { part: &'a str, whole: &'a str },
}

impl<'a> From<&'a str> for Who<'a> {
    fn from(it: &'a str) -> Who<'a> {
        Who::One(it)
    }
}

impl<'a> From<&'a String> for Who<'a> {
    fn from(it: &'a String) -> Who<'a> {
        Who::One(it)
    }
}

impl<'a> From<&'a Network> for Who<'a> {
    fn from(it: &'a Network) -> Who<'a> {
        Who::Network(it)
    }
}

impl Who<'_> {
    /// Whether this is whom a limit is meant to count for.
    fn fits(&self, per: Per) -> bool {
        match self {
            Who::Network(_) => per == Per::Network,
            Who::Part { .. } => per == Per::Account,
            Who::One(_) => matches!(per, Per::Session | Per::User | Per::Recipient),
        }
    }
}

/// A call that was counted, under each key that it counts by, and can be given back.
#[derive(Debug)]
pub struct SpentLimit(Vec<(String, Rate)>);

/// Counts one call of `who` under each of its keys. If one of them is used up, it counts none and
/// refuses.
pub async fn take(
    app: &App,
    ctx: &Ctx,
    limit: Limit,
    who: impl Into<Who<'_>>,
) -> Result<SpentLimit> {
    let (mut spent, settings) = (SpentLimit(Vec::new()), &app.settings.limits);
    if !settings.enabled {
        return Ok(spent);
    }
    let who = who.into();
    if !who.fits(limit.per()) {
        let name = limit.name();
        return Err(Error::broken(format!("the limit {name} does not count for {who:?}")));
    }
    let own = limit.rate(settings);
    for (key, rate) in keys_of(limit.name(), own, who) {
        let taken = app.cache.take(&key, rate, ctx.now).await;
        if !taken.allowed {
            give_back(app, ctx, spent).await;
            // A refusal by a wider count is reported with the rate of the limit itself.
            return Err(Problem::limited(limit.name(), Taken { rate: own, ..taken }).into());
        }
        spent.0.push((key, rate));
    }
    Ok(spent)
}

/// The keys that a limit counts under, the narrowest first.
fn keys_of(name: &str, own: Rate, who: Who<'_>) -> Vec<(String, Rate)> {
    let key = |who: &dyn fmt::Display| format!("limit:{name}:{who}");
    let wider_rate = Rate { count: own.count.saturating_mul(WIDER_FACTOR), ..own };
    match who {
        Who::One(it) => vec![(key(&it), own)],
        Who::Network(it) => {
            let wider = it.wider.map(|wider| (key(&wider), wider_rate));
            [(key(it), own)].into_iter().chain(wider).collect()
        }
        Who::Part { part, whole } => {
            vec![(key(&part), own), (key(&format_args!("all:{whole}")), wider_rate)]
        }
    }
}

/// Uncounts a call.
pub async fn give_back(app: &App, ctx: &Ctx, spent: SpentLimit) {
    for (key, rate) in spent.0 {
        app.cache.give_back(&key, rate, ctx.now).await;
    }
}
