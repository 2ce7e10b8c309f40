//! Accepts connections within limits, serves HTTP/1 and HTTP/2, and closes them gracefully.
//!
//! A slow client affects only its own connection: heads, bodies, answers and idle time have timeouts
//! ([`deadlines`], [`timed_stream`], and [`crate::layer`] for bodies), and each client address has a
//! maximum number of connections ([`client_limits`]). The server stops accepting while too many
//! connections are open. On shutdown, running requests have `shutdown_grace` to end, then the
//! remaining connections are closed.

mod client_limits;
mod deadlines;
mod in_flight;
mod timed_stream;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use domain::settings::Server;
use hyper::{
    body::{Body as _, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use ipnet::IpNet;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

pub use self::client_limits::{max_per_client, min_reading};
use self::{
    client_limits::{ClientLimits, ConnectionSlot},
    deadlines::{Deadlines, Timeouts},
    in_flight::InFlight,
    timed_stream::TimedStream,
};
use crate::layer::{BodyBudgets, Budget, Peer, budget};

/// Limits of connections.
#[derive(Debug, Clone)]
pub struct Limits {
    pub header_timeout: Duration,
    pub idle_timeout: Duration,
    pub write_timeout: Duration,
    /// How long the other requests of a connection have to end once it is being closed.
    pub end_grace: Duration,
    pub max_connections: usize,
    pub max_connections_per_client: usize,
    pub trusted_proxies: Vec<IpNet>,
    pub body_limit: usize,
    /// How many bytes all requests whose bodies are being read may use.
    pub max_reading: usize,
    pub shutdown_grace: Duration,
}

impl From<&Server> for Limits {
    fn from(server: &Server) -> Limits {
        let body_timeout = server.body_timeout.duration();
        Limits {
            header_timeout: server.header_timeout.duration(),
            idle_timeout: server.idle_timeout.duration(),
            write_timeout: server.write_timeout.duration(),
            end_grace: body_timeout.saturating_add(server.request_timeout.duration()),
            max_connections: server.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            max_connections_per_client: server.max_connections_per_client.max(1),
            trusted_proxies: server.trusted_proxies.clone(),
            body_limit: server.body_limit,
            max_reading: server.max_reading,
            shutdown_grace: server.shutdown_grace.duration(),
        }
    }
}

/// Listening sockets.
#[derive(Debug)]
pub struct Listening(Vec<TcpListener>);

impl Listening {
    /// Binds all of the addresses or none. Port 0 picks a free port.
    pub async fn bind(addresses: &[SocketAddr]) -> io::Result<Listening> {
        let mut listeners = Vec::with_capacity(addresses.len());
        for address in addresses {
            let bound = TcpListener::bind(address).await;
            listeners
                .push(bound.map_err(|it| io::Error::new(it.kind(), format!("{address}: {it}")))?);
        }
        Ok(Listening(listeners))
    }

    /// The bound addresses.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|it| it.local_addr().ok()).collect()
    }

    /// Serves until `stop`, then waits for the connections to end within the grace period.
    pub async fn serve<S>(self, routes: S, limits: Limits, stop: CancellationToken)
    where
        S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: Send,
    {
        let shutdown_grace = limits.shutdown_grace;
        let acceptor = Acceptor {
            routes,
            http: Arc::new(http()),
            slots: Arc::new(Semaphore::new(limits.max_connections)),
            clients: Arc::new(ClientLimits::new(&limits)),
            reading: budget(limits.max_reading),
            limits: Arc::new(limits),
            stop,
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = TaskTracker::new();
        for listener in self.0 {
            accepting.spawn(acceptor.clone().accept(listener));
        }
        accepting.close();
        accepting.wait().await;
        acceptor.tasks.close();
        if timeout(shutdown_grace, acceptor.tasks.wait()).await.is_err() {
            tracing::warn!("connections were cut at the end of the grace period");
            acceptor.cut.cancel();
            acceptor.tasks.wait().await;
        }
    }
}

type Http = auto::Builder<TokioExecutor>;

const HTTP1_BUFFER: usize = 32 * 1024;
const HTTP2_HEADERS: u32 = 16 * 1024;
const HTTP2_STREAMS: u32 = 128;
/// How much of bodies is buffered before it is read: for a stream, and for a connection.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
const HTTP2_WINDOW: u32 = 256 * 1024;
const HTTP2_PING: Duration = Duration::from_secs(20);
const HTTP2_PONG: Duration = Duration::from_secs(10);

/// How many bodies of the largest size may be read at the same time on the connection of a client,
/// and on that of a proxy, which carries many clients.
const READ_AT_ONCE: usize = 4;
const READ_AT_ONCE_PROXY: usize = HTTP2_STREAMS as usize;

fn http() -> Http {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        // Hyper's would close idle connections too. See `deadlines`.
        .header_read_timeout(None)
        .max_buf_size(HTTP1_BUFFER);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HTTP2_HEADERS)
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_WINDOW)
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PONG);
    http
}

/// The state of the task of each listener.
#[derive(Clone)]
struct Acceptor<S> {
    routes: S,
    http: Arc<Http>,
    limits: Arc<Limits>,
    /// One for each open connection.
    slots: Arc<Semaphore>,
    clients: Arc<ClientLimits>,
    /// For the bodies being read on all connections.
    reading: Budget,
    /// Stops accepting connections and requests.
    stop: CancellationToken,
    /// Closes the connections that remain after the grace period.
    cut: CancellationToken,
    /// The open connections.
    tasks: TaskTracker,
}

/// The pause after a failure to accept, for example where no file handles are left.
const PAUSE: Duration = Duration::from_millis(50);

impl<S> Acceptor<S>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send,
{
    async fn accept(self, listener: TcpListener) {
        loop {
            let next = async {
                let slot = self.slots.clone().acquire_owned().await;
                (slot, listener.accept().await)
            };
            let Some((slot, accepted)) = self.stop.run_until_cancelled(next).await else {
                break;
            };
            match accepted {
                Ok((stream, peer)) => match self.clients.admit(peer.ip()) {
                    Some(client_slot) => {
                        let bodies = self.bodies(&client_slot);
                        let connection = self.clone().serve(stream, peer, bodies);
                        self.tasks.spawn(async move {
                            connection.await;
                            drop((slot, client_slot));
                        });
                    }
                    None => self.clients.warn_refused(Instant::now()),
                },
                // The client disconnected before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// The budgets of a connection with this slot.
    fn bodies(&self, slot: &ConnectionSlot) -> BodyBudgets {
        let at_once = if slot.is_proxy() { READ_AT_ONCE_PROXY } else { READ_AT_ONCE };
        let shared = slot.reading.iter().chain([&self.reading]).cloned();
        BodyBudgets::for_connection(at_once, self.limits.body_limit, shared)
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr, bodies: BodyBudgets) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
        let deadlines = Arc::new(Deadlines::new(Timeouts::from(&*self.limits), Instant::now()));
        let (routes, request_deadlines) = (self.routes, deadlines.clone());
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (mut in_flight, version) =
                (InFlight::begin(request_deadlines.clone()), request.version());
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer(peer));
            if !request.body().is_end_stream() {
                request.extensions_mut().insert(bodies.clone());
                request.extensions_mut().insert(in_flight.body());
            }
            let answer = routes.clone().oneshot(request);
            async move { answer.await.map(|it| in_flight.answered(it, version)) }
        });
        let io = TokioIo::new(TimedStream::new(stream, deadlines.clone()));
        let mut connection = pin!(self.http.serve_connection(io, service));
        let whole = async {
            tokio::select! {
                served = connection.as_mut() => return Some(served),
                () = self.stop.cancelled() => {}
                () = deadlines.ending() => {}
            }
            connection.as_mut().graceful_shutdown();
            timeout(self.limits.end_grace, connection).await.ok()
        };
        let served = self.cut.run_until_cancelled(whole).await;
        if let Some(Some(Err(error))) = served {
            // Clients may close their connections at any time.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

impl From<&Limits> for Timeouts {
    fn from(limits: &Limits) -> Timeouts {
        Timeouts {
            head: limits.header_timeout,
            idle: limits.idle_timeout,
            answer: limits.write_timeout,
        }
    }
}

#[cfg(test)]
mod tests;
