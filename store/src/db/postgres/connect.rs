//! The pool: where the server is, what each connection is told at its beginning, and which are not
//! used again.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::settings::Database;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Mode, address, meaning, session::Limits, tls};
use crate::db::{Error, Result, watch::instant};

/// How long a unit waits for a connection, and one for the server.
pub(super) const POOL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a new connection may take to its first answer. A pooler takes connections for which it has
/// no session of the server's, and says nothing on them until it has one.
const FIRST_ANSWER: Duration = Duration::from_secs(2);
/// What is said of one that takes longer.
pub(super) const SILENT: &str = "a new connection gets no answer";
/// A server that is gone without a word is noticed after a minute of silence.
const KEEPALIVE: (Duration, Duration, u32) = (Duration::from_secs(30), Duration::from_secs(10), 3);

/// How a connection is made.
pub(super) struct Way {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Which connections are used again: none that is too old, none to a server that others replaced.
pub(super) struct Trust {
    lifetime: Duration,
    /// Connections made before this lead to a server that only reads.
    since: Mutex<Option<Instant>>,
}

impl Way {
    pub fn of(settings: &Database) -> Result<Way> {
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
        Ok(Way { config, tls: tls::connector(&address.tls)? })
    }

    /// Asks something on a connection for this alone.
    pub async fn ask<T>(&self, question: impl AsyncFnOnce(&Client) -> Result<T>) -> Result<T> {
        let asking = async {
            // In a box, as it is made of many futures and part of every start.
            let connected = Box::pin(self.config.connect(self.tls.clone())).await;
            let (client, connection) = connected.map_err(meaning)?;
            let mut asked = pin!(question(&client));
            tokio::select! {
                biased;
                answer = &mut asked => answer,
                ended = connection => match ended {
                    Err(error) if !error.is_closed() => Err(meaning(error)),
                    // The question knows what it means there.
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
        limits: &Limits,
        trust: &Arc<Trust>,
    ) -> Result<Pool> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let first = match mode {
            Mode::Session => limits.session(),
            Mode::Transaction => "SELECT 1".to_owned(),
        };
        let pool = Pool::builder(Manager::from_config(self.config, self.tls, recycling))
            .max_size(settings.connections.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_TIMEOUT))
            .create_timeout(Some(POOL_TIMEOUT))
            .pre_recycle(trusted(trust.clone()))
            .post_create(told(first.into()));
        pool.build().map_err(|error| Error::Unavailable(error.to_string()))
    }
}

impl Trust {
    pub fn new(settings: &Database) -> Arc<Trust> {
        let lifetime = settings.connection_lifetime.duration();
        Arc::new(Trust { lifetime, since: Mutex::new(None) })
    }

    /// Retires every connection that is open now, because one made at `created` proved bad, unless it
    /// was retired already.
    pub fn withdraw(&self, created: Instant) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_none_or(|it| created > it) {
            *since = Some(instant());
        }
    }

    fn covers(&self, created: Instant) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        created.elapsed() < self.lifetime && since.is_none_or(|it| created > it)
    }
}

fn trusted(trust: Arc<Trust>) -> Hook {
    Hook::sync_fn(move |_, metrics| match trust.covers(metrics.created) {
        true => Ok(()),
        false => Err(HookError::message("it is replaced")),
    })
}

/// Tells a new connection this. One that does not answer is none.
fn told(text: Arc<str>) -> Hook {
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
