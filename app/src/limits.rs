//! Rate limits: spent before anything dear, given back where what they count did not happen.

use domain::{Problem, limit::Rate};

use crate::{App, Ctx, Result};

/// A limit by the name that `RateLimit` headers and counters know it under, and its rate.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    pub name: &'static str,
    pub rate: Rate,
}

/// One that was taken and can be given back.
#[derive(Debug)]
#[must_use = "what is not given back counts"]
pub struct Spent(Option<(String, Rate)>);

/// Takes one from the limit that `who` has: a network, a session, a user.
pub async fn take(app: &App, ctx: &Ctx, limit: Limit, who: &str) -> Result<Spent> {
    if !app.settings.limits.enabled {
        return Ok(Spent(None));
    }
    let key = format!("limit:{}:{who}", limit.name);
    let taken = app.cache.take(&key, limit.rate, ctx.now).await;
    match taken.allowed {
        true => Ok(Spent(Some((key, limit.rate)))),
        false => Err(Problem::limited(limit.name, taken).into()),
    }
}

/// Takes one without telling anybody. False: nothing is left.
pub async fn take_silently(app: &App, ctx: &Ctx, limit: Limit, who: &str) -> bool {
    take(app, ctx, limit, who).await.is_ok()
}

/// As if it had not been taken.
pub async fn give_back(app: &App, ctx: &Ctx, spent: Spent) {
    if let Some((key, rate)) = spent.0 {
        app.cache.give_back(&key, rate, ctx.now).await;
    }
}

/// Keeps what was taken.
pub fn keep(spent: Spent) {
    drop(spent);
}
