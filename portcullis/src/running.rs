//! A server from its start to its end.
//!
//! Start: sockets, database (waited for), schema, keys, background work, then readiness. End:
//! readiness turns off, connections drain within their grace, background work ends, and the
//! database is closed last, so that nothing acknowledged is lost.

use std::{io, net::SocketAddr};

use app::{App, Clock, OpenError};
use domain::settings::Settings;
use store::{Claim, Store};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use web::{Listening, Ready, SetupError, serve::Limits};

use crate::working::wind_down;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(#[from] io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// A running server.
pub struct Running {
    app: App,
    store: Store,
    addresses: Vec<SocketAddr>,
    ready: Ready,
    /// Ends the connections.
    stop_serving: CancellationToken,
    /// Ends the background work.
    stop_working: CancellationToken,
    /// The listeners.
    requests: TaskTracker,
    _claim: Claim,
}

/// Starts a server with these settings. When this returns, it accepts requests.
pub async fn start(mut settings: Settings, clock: Clock) -> Result<Running, StartError> {
    let listening = Listening::bind(&settings.server.listen).await?;
    let addresses = listening.addresses();
    // A port of 0 is known only now.
    settings.server.listen.clone_from(&addresses);
    let store = app::connect(&settings).await?;
    let claim = app::claim(&settings, &store).await?;
    let migrations = app::migrate(&store, clock.now()).await?;
    if !migrations.is_empty() {
        tracing::info!(?migrations, "the schema is up to date");
    }
    let (app, background) = App::with_store(settings, clock, store.clone()).await?;
    let (stop_serving, stop_working) = (CancellationToken::new(), CancellationToken::new());
    let (ready, requests) = (Ready::default(), TaskTracker::new());
    let routes = web::router(app.clone(), ready.clone())?;
    background.start(&app, &stop_working).await?;
    app.tasks().spawn(app::survey_hashes(app.clone(), stop_working.clone()));
    let limits = Limits::from(&app.settings().server);
    requests.spawn(listening.serve(routes, limits, stop_serving.clone()));
    ready.on();
    tracing::info!(?addresses, profile = app.settings().profile.word(), "ready");
    Ok(Running {
        app,
        store,
        addresses,
        ready,
        stop_serving,
        stop_working,
        requests,
        _claim: claim,
    })
}

impl Running {
    /// Where it listens.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// For tests that wait for its background work.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The database itself, for tests: use cases are the only way past the app.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Serves until the signal, then shuts down gracefully.
    pub async fn until(self, signal: impl Future<Output = ()>) {
        signal.await;
        self.stop().await;
    }

    async fn stop(self) {
        let server = &self.app.settings().server;
        self.ready.off();
        tokio::time::sleep(server.shutdown_delay.duration()).await;
        self.stop_serving.cancel();
        self.requests.close();
        // The listeners end within their grace; a request that outlives it is abandoned.
        let grace = server.shutdown_grace.duration();
        let bound = grace.saturating_add(std::time::Duration::from_secs(1));
        if tokio::time::timeout(bound, self.requests.wait()).await.is_err() {
            tracing::warn!("requests were still in progress at the end of the grace period");
        }
        wind_down(&self.app, &self.stop_working).await;
    }
}
