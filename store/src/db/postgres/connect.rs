//! The pool: where the server is, what is sent first on each connection, and which connections are
//! not used again. When one turns out to be read-only, as after a fail-over, all that were made before
//! are closed.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::settings::Database;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Mode, address, meaning, session::Timeouts, tls};
use crate::db::{Error, Result, watch::instant};

/// How long a unit waits for a connection, and one for the server.
pub(super) const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a new connection may take until its first answer. A pooler accepts connections for
/// which it has no server session, and does not answer on them until it has one.
const FIRST_ANSWER: Duration = Duration::from_secs(2);
/// The error for one that takes longer.
pub(super) const SILENT: &str = "a new connection gets no answer";
/// A server that is gone without closing its connections is noticed after a minute.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

/// How a connection is made.
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Which connections are used again: none that is too old, none to a server that was replaced by
/// another.
pub(super) struct Freshness {
    lifetime: Duration,
    /// Connections made before this lead to a server that is read-only now.
    stale_before: Mutex<Option<Instant>>,
}

impl Connector {
    pub fn of(settings: &Database) -> Result<Connector> {
        let address = address::read(settings)?;
        let mut config = address.config;
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
        Ok(Connector { config, tls: tls::connector(&address.tls)? })
    }

    /// Asks one question on a connection of its own.
    pub async fn ask<T>(&self, question: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
        let asking = async {
            // Boxed: the future is large, and part of that of every start.
            let connected = Box::pin(self.config.connect(self.tls.clone())).await;
            let (client, connection) = connected.map_err(meaning)?;
            let mut asked = pin!(question(&client));
            tokio::select! {
                biased;
                answer = &mut asked => answer,
                ended = connection => match ended {
                    Err(error) if !error.is_closed() => Err(meaning(error)),
                    // The question finds out what that means for it.
                    _ => asked.await,
                },
            }
        };
        match tokio::time::timeout(POOL_TIMEOUT, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Unavailable("no answer in time".into())),
        }
    }

    pub fn pool(
        self,
        settings: &Database,
        mode: Mode,
        timeouts: &Timeouts,
        freshness: &Arc<Freshness>,
    ) -> Result<Pool> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let first = match mode {
            Mode::Session => timeouts.session(),
            Mode::Transaction => "SELECT 1".to_owned(),
        };
        let pool = Pool::builder(Manager::from_config(self.config, self.tls, recycling))
            .max_size(settings.connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_TIMEOUT))
            .create_timeout(Some(POOL_TIMEOUT))
            .pre_recycle(only_fresh(freshness.clone()))
            .post_create(greeted_with(first.into()));
        pool.build().map_err(|error| Error::Unavailable(error.to_string()))
    }
}

impl Freshness {
    pub fn new(settings: &Database) -> Arc<Freshness> {
        let lifetime = settings.connection_lifetime.duration();
        Arc::new(Freshness { lifetime, stale_before: Mutex::new(None) })
    }

    /// Retires every connection that is open now, because one made at `created` proved bad, unless
    /// that one was retired already.
    pub fn retire_all(&self, created: Instant) {
        let mut stale_before = self.stale_before.lock().unwrap_or_else(PoisonError::into_inner);
        if stale_before.is_none_or(|it| created > it) {
            *stale_before = Some(instant());
        }
    }

    fn covers(&self, created: Instant) -> bool {
        let stale_before = *self.stale_before.lock().unwrap_or_else(PoisonError::into_inner);
        created.elapsed() < self.lifetime && stale_before.is_none_or(|it| created > it)
    }
}

fn only_fresh(freshness: Arc<Freshness>) -> Hook {
    Hook::sync_fn(move |_, metrics| match freshness.covers(metrics.created) {
        true => Ok(()),
        false => Err(HookError::message("it is replaced")),
    })
}

/// Sends this on a new connection. One that does not answer is not used.
fn greeted_with(text: Arc<str>) -> Hook {
    Hook::async_fn(move |client, _| {
        let text = text.clone();
        Box::pin(async move {
            match tokio::time::timeout(FIRST_ANSWER, client.batch_execute(&text)).await {
                Ok(answer) => answer.map_err(HookError::Backend),
                Err(_) => Err(HookError::message(SILENT)),
            }
        })
    })
}
