//! Wake-ups from other nodes: a subscription that is renewed whenever it breaks.

use std::time::Duration;

use ::redis::{ErrorKind, RedisResult, Value, aio::PubSub};
use futures_util::StreamExt as _;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{Redis, connection::PATIENCE};

/// How long to wait before subscribing again.
const PAUSE: Duration = Duration::from_secs(1);

/// After how long without a message the connection is checked.
const QUIET: Duration = Duration::from_secs(15);

impl Redis {
    /// Passes on what other nodes publish. Never returns.
    pub(in crate::cache) async fn relay(&self, channel: &str, notify: &Notify) {
        let name = self.name(channel);
        loop {
            if let Err(error) = self.follow(&name, notify).await {
                tracing::debug!(channel, %error, "the subscription broke");
            }
            sleep(PAUSE).await;
        }
    }

    async fn follow(&self, name: &str, notify: &Notify) -> RedisResult<()> {
        let mut hearing = within(PATIENCE * 2, self.connection.client.get_async_pubsub()).await?;
        within(PATIENCE, hearing.subscribe(name)).await?;
        // For messages that were missed.
        notify.notify_one();
        while next(&mut hearing).await? {
            notify.notify_one();
        }
        Ok(())
    }
}

/// Waits for a message. `false`: the connection has ended.
async fn next(hearing: &mut PubSub) -> RedisResult<bool> {
    loop {
        if let Ok(message) = timeout(QUIET, hearing.on_message().next()).await {
            return Ok(message.is_some());
        }
        within(PATIENCE, hearing.ping::<Value>()).await?;
    }
}

async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    match timeout(patience, answer).await {
        Ok(answer) => answer,
        Err(_) => Err((ErrorKind::Io, "no answer in time").into()),
    }
}
