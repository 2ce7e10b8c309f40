//! Connections: accepted within bounds, served by HTTP/1 or HTTP/2, and let go in an orderly way.
//!
//! Whoever is slow pays with their own connection: heads, bodies, answers and pauses between
//! requests have their time ([`pace`], [`wire`], and [`crate::layer`] for bodies), and each client
//! address a number of connections ([`crowd`]). Accepting stops while too many are open. On stop, no
//! more are accepted, requests in work get `shutdown_grace` to end, then the rest is cut.

mod crowd;
mod exchange;
mod pace;
mod wire;

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

pub use self::crowd::{least_reading, most_of_client};
use self::{
    crowd::{Crowd, Place},
    exchange::Exchange,
    pace::{Pace, Patience},
    wire::Wire,
};
use crate::layer::{Bodies, Budget, Peer, budget};

/// Bounds of connections.
#[derive(Debug, Clone)]
pub struct Limits {
    pub header_timeout: Duration,
    pub idle_timeout: Duration,
    pub write_timeout: Duration,
    /// How long other requests on a connection have to end once it is to be closed.
    pub end_grace: Duration,
    pub max_connections: usize,
    pub max_connections_per_client: usize,
    pub trusted_proxies: Vec<IpNet>,
    pub body_limit: usize,
    /// How many bytes requests in reading may hold together.
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

/// Sockets that are listened on.
#[derive(Debug)]
pub struct Listening(Vec<TcpListener>);

impl Listening {
    /// On all of the addresses or none. Port 0 picks a free one.
    pub async fn bind(addresses: &[SocketAddr]) -> io::Result<Listening> {
        let mut listeners = Vec::with_capacity(addresses.len());
        for address in addresses {
            let bound = TcpListener::bind(address).await;
            listeners
                .push(bound.map_err(|it| io::Error::new(it.kind(), format!("{address}: {it}")))?);
        }
        Ok(Listening(listeners))
    }

    /// What was bound.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|it| it.local_addr().ok()).collect()
    }

    /// Serves until `stop`, then until the connections have ended or the grace is over.
    pub async fn serve<S>(self, routes: S, limits: Limits, stop: CancellationToken)
    where
        S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        S::Future: Send,
    {
        let shutdown_grace = limits.shutdown_grace;
        let door = Door {
            routes,
            http: Arc::new(http()),
            places: Arc::new(Semaphore::new(limits.max_connections)),
            crowd: Arc::new(Crowd::new(&limits)),
            reading: budget(limits.max_reading),
            limits: Arc::new(limits),
            stop,
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = TaskTracker::new();
        for listener in self.0 {
            accepting.spawn(door.clone().accept(listener));
        }
        accepting.close();
        accepting.wait().await;
        door.tasks.close();
        if timeout(shutdown_grace, door.tasks.wait()).await.is_err() {
            tracing::warn!("connections were cut at the end of the grace period");
            door.cut.cancel();
            door.tasks.wait().await;
        }
    }
}

type Http = auto::Builder<TokioExecutor>;

const HTTP1_BUFFER: usize = 32 * 1024;
const HTTP2_HEADERS: u32 = 16 * 1024;
const HTTP2_STREAMS: u32 = 128;
/// What may come of a body before it is read: of one, and of all on a connection.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
const HTTP2_WINDOW: u32 = 256 * 1024;
const HTTP2_PING: Duration = Duration::from_secs(20);
const HTTP2_PONG: Duration = Duration::from_secs(10);

/// How many requests of the largest size may be in reading at once on the connection of one client,
/// and on one of a proxy, whose streams are many clients'.
const READ_AT_ONCE: usize = 4;
const READ_OF_MANY: usize = HTTP2_STREAMS as usize;

fn http() -> Http {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        // Hyper's would cut idle connections too; ours is in `pace`.
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

/// What each listener's task has.
#[derive(Clone)]
struct Door<S> {
    routes: S,
    http: Arc<Http>,
    limits: Arc<Limits>,
    /// One for each open connection.
    places: Arc<Semaphore>,
    crowd: Arc<Crowd>,
    /// For the requests in reading on all connections.
    reading: Budget,
    /// No more connections, and no more requests on those that are open.
    stop: CancellationToken,
    /// Ends what the grace did not suffice for.
    cut: CancellationToken,
    /// The open connections.
    tasks: TaskTracker,
}

/// How long to wait after a failure to accept, such as no more file handles.
const PAUSE: Duration = Duration::from_millis(50);

impl<S> Door<S>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send,
{
    async fn accept(self, listener: TcpListener) {
        loop {
            let next = async {
                let place = self.places.clone().acquire_owned().await;
                (place, listener.accept().await)
            };
            let Some((place, accepted)) = self.stop.run_until_cancelled(next).await else {
                break;
            };
            match accepted {
                Ok((stream, peer)) => match self.crowd.enter(peer.ip()) {
                    Some(own_place) => {
                        let bodies = self.bodies(&own_place);
                        let connection = self.clone().serve(stream, peer, bodies);
                        self.tasks.spawn(async move {
                            connection.await;
                            drop((place, own_place));
                        });
                    }
                    None => self.crowd.tell(Instant::now()),
                },
                // The client was gone before it was greeted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// What requests in reading may hold on a connection with this place.
    fn bodies(&self, place: &Place) -> Bodies {
        let at_once = if place.is_of_many() { READ_OF_MANY } else { READ_AT_ONCE };
        let shared = place.reading.iter().chain([&self.reading]).cloned();
        Bodies::of_connection(at_once, self.limits.body_limit, shared)
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr, bodies: Bodies) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
        let pace = Arc::new(Pace::new(Patience::from(&*self.limits), Instant::now()));
        let (routes, of_requests) = (self.routes, pace.clone());
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (mut exchange, version) = (Exchange::begin(of_requests.clone()), request.version());
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer(peer));
            if !request.body().is_end_stream() {
                request.extensions_mut().insert(bodies.clone());
                request.extensions_mut().insert(exchange.body());
            }
            let answer = routes.clone().oneshot(request);
            async move { answer.await.map(|it| exchange.answered(it, version)) }
        });
        let io = TokioIo::new(Wire::new(stream, pace.clone()));
        let mut connection = pin!(self.http.serve_connection(io, service));
        let whole = async {
            tokio::select! {
                served = connection.as_mut() => return Some(served),
                () = self.stop.cancelled() => {}
                () = pace.ending() => {}
            }
            connection.as_mut().graceful_shutdown();
            timeout(self.limits.end_grace, connection).await.ok()
        };
        let served = self.cut.run_until_cancelled(whole).await;
        if let Some(Some(Err(error))) = served {
            // What clients do to their connections is no failure of ours.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

impl From<&Limits> for Patience {
    fn from(limits: &Limits) -> Patience {
        Patience {
            head: limits.header_timeout,
            idle: limits.idle_timeout,
            answer: limits.write_timeout,
        }
    }
}

#[cfg(test)]
mod tests;
