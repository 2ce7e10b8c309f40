//! The pool: where the server is, and what each connection is told at its beginning.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::settings::Database;

use super::{meaning, tls};
use crate::db::{Error, Result};

/// How long a unit waits for a connection, and one for the server.
const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that is gone without a word is noticed after a minute of silence.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

pub(super) fn pool(settings: &Database) -> Result<Pool> {
    let mut config: tokio_postgres::Config = settings.url.expose().parse().map_err(meaning)?;
    let (idle, interval, retries) = KEEPALIVE;
    config
        .connect_timeout(POOL_TIMEOUT)
        .tcp_user_timeout(settings.statement_timeout.duration() + POOL_TIMEOUT)
        .keepalives_idle(idle)
        .keepalives_interval(interval)
        .keepalives_retries(retries);
    if config.get_application_name().is_none() {
        config.application_name("portcullis");
    }
    let tls = tls::connector(config.get_ssl_mode(), &settings.ca_file)?;
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, tls, recycling))
        .max_size(settings.connections.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(POOL_TIMEOUT))
        .create_timeout(Some(POOL_TIMEOUT))
        .post_create(session(settings))
        .build()
        .map_err(|error| Error::Unavailable(error.to_string()))
}

/// The server ends a statement, and a transaction that does nothing, after these. Not as options
/// of the start-up message, which PgBouncer refuses.
fn session(settings: &Database) -> Hook {
    let limit = settings.statement_timeout.duration().as_millis().clamp(1, 1_000_000_000);
    let text: Arc<str> = format!(
        "SET statement_timeout = {limit};
         SET idle_in_transaction_session_timeout = {};
         SET TIME ZONE 'UTC'",
        limit + limit / 2,
    )
    .into();
    Hook::async_fn(move |client, _| {
        let text = text.clone();
        Box::pin(async move { client.batch_execute(&text).await.map_err(HookError::Backend) })
    })
}
