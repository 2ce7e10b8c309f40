//! Rate limits: spent before anything dear, given back where what they count did not happen.

use std::fmt;

use domain::{
    Problem,
    access::limit::{Rate, Taken},
    client::Network,
};

use crate::{App, Ctx, Result};

/// A limit by the name that `RateLimit` headers and counters know it under, and its rate.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub name: &'static str,
    pub rate: Rate,
}

/// All that also share a count have this many times the rate of one.
const WIDER_FACTOR: u32 = Network::WIDER_FACTOR;

/// Who a limit counts for.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// A session, a user, a recipient.
    One(&'a str),
    /// A client's network, and the wider one around it.
    Network(&'a Network),
    /// One of several that also share a count, such as the devices of an account.
    Part { own: &'a str, whole: &'a str },
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

/// One that was taken, under each key that it counts by, and can be given back.
#[derive(Debug)]
#[must_use = "what is not given back counts"]
pub struct Spent(Vec<(String, Rate)>);

/// Counts one call of `who` under each of its keys, or under none if any of them is used up.
pub async fn take(app: &App, ctx: &Ctx, limit: Limit, who: impl Into<Who<'_>>) -> Result<Spent> {
    let mut spent = Spent(Vec::new());
    if !app.settings.limits.enabled {
        return Ok(spent);
    }
    for (key, rate) in counts(limit, who.into()) {
        let taken = app.cache.take(&key, rate, ctx.now).await;
        if !taken.allowed {
            give_back(app, ctx, spent).await;
            // The wider count is told as the limit that it belongs to.
            let told = Taken { rate: limit.rate, ..taken };
            return Err(Problem::limited(limit.name, told).into());
        }
        spent.0.push((key, rate));
    }
    Ok(spent)
}

/// The keys that a limit counts by, the narrowest first.
fn counts(limit: Limit, who: Who<'_>) -> Vec<(String, Rate)> {
    let key = |who: &dyn fmt::Display| format!("limit:{}:{who}", limit.name);
    let count = limit.rate.count.saturating_mul(WIDER_FACTOR);
    let wider_rate = Rate { count, ..limit.rate };
    match who {
        Who::One(it) => vec![(key(&it), limit.rate)],
        Who::Network(it) => {
            let wider = it.wider.map(|wider| (key(&wider), wider_rate));
            [(key(it), limit.rate)].into_iter().chain(wider).collect()
        }
        Who::Part { own, whole } => {
            vec![(key(&own), limit.rate), (key(&format_args!("all:{whole}")), wider_rate)]
        }
    }
}

/// Takes one without telling anybody. False: nothing is left.
pub async fn take_silently(app: &App, ctx: &Ctx, limit: Limit, who: &str) -> bool {
    take(app, ctx, limit, who).await.is_ok()
}

/// As if it had not been taken.
pub async fn give_back(app: &App, ctx: &Ctx, spent: Spent) {
    for (key, rate) in spent.0 {
        app.cache.give_back(&key, rate, ctx.now).await;
    }
}

/// Keeps what was taken.
pub fn keep(spent: Spent) {
    drop(spent);
}
