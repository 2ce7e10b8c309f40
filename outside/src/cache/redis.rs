//! Counters in Redis, shared by all nodes, and the fallback while it is unavailable.
//!
//! Scripts implement [`domain::access::limit`], atomically and with our time instead of the
//! server's. Each call ends within half a second. If one fails, limits are counted in the memory of
//! this node, which is logged once. From then on at most one call at a time tries Redis, so that an
//! outage delays no others, and the first success ends it.

mod connection;
mod relay;

use ::redis::{Client, Script, ScriptInvocation, cmd};
use domain::{
    Secret, Time,
    access::limit::{self, Rate, Taken},
};

use self::connection::{Call, SharedConnection};
use super::{CacheError, Memory};

/// How much longer than needed a key is stored, in milliseconds, because clocks of nodes differ.
const SLACK: i64 = 60_000;

/// A Redis, and the memory to fall back to.
pub struct Redis {
    connection: SharedConnection,
    prefix: String,
    take: Script,
    give_back: Script,
    pub(super) memory: Memory,
}

impl Redis {
    /// Does not connect yet.
    pub fn new(url: &Secret, prefix: &str, memory: Memory) -> Result<Redis, CacheError> {
        let client = Client::open(url.expose())
            .map_err(|error| CacheError::Address(error.category().to_owned()))?;
        Ok(Redis {
            connection: SharedConnection::new(client),
            prefix: prefix.to_owned(),
            take: Script::new(include_str!("take.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
            memory,
        })
    }

    pub(super) async fn take(&self, key: &str, rate: Rate, now: Time) -> Taken {
        let script = self.about(&self.take, key, rate, now);
        match self.connection.run::<Option<i64>>(&Call::Script(script)).await {
            Some(kept) => limit::take(kept.map(Time), now, rate).1,
            None => self.memory.take(key, rate, now),
        }
    }

    pub(super) async fn give_back(&self, key: &str, rate: Rate, now: Time) {
        let script = self.about(&self.give_back, key, rate, now);
        if self.connection.run::<i64>(&Call::Script(script)).await.is_none() {
            self.memory.give_back(key, rate, now);
        }
    }

    /// Notifies listeners in this process at once, and on the other nodes if Redis is available.
    pub(super) async fn publish(&self, channel: &str) {
        self.memory.listeners.notify(channel);
        let mut publish = cmd("PUBLISH");
        publish.arg(self.name(channel)).arg("");
        // Listeners on other nodes poll anyway, and the connection logs its failure.
        let _ = self.connection.run::<i64>(&Call::Command(publish)).await;
    }

    pub(super) fn is_healthy(&self) -> bool {
        self.connection.is_healthy()
    }

    pub(super) async fn ping(&self) -> Result<(), CacheError> {
        let pong = self.connection.run::<String>(&Call::Command(cmd("PING"))).await;
        pong.map(|_| ()).ok_or(CacheError::Unavailable)
    }

    fn about<'a>(
        &self,
        script: &'a Script,
        key: &str,
        rate: Rate,
        now: Time,
    ) -> ScriptInvocation<'a> {
        let mut call = script.key(self.name(key));
        call.arg(now.0).arg(rate.per.micros()).arg(rate.interval());
        call.arg(rate.slack().micros()).arg(SLACK);
        call
    }

    fn name(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }
}
