//! Connections: accepted within bounds, served by HTTP/1 or HTTP/2, and let go in an orderly way.
//!
//! A connection has a limited time to send the head of each request, and for its very first bytes
//! too, before it is known which version it speaks. Accepting stops while too many are open. On
//! stop, no more are accepted, requests in work get `shutdown_grace` to end, then the rest is cut.

mod opening;

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use domain::settings::Server;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{Service, ServiceExt as _};

use self::opening::Opening;
use crate::layer::Peer;

/// Bounds of connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub header_timeout: Duration,
    pub max_connections: usize,
    pub shutdown_grace: Duration,
}

impl From<&Server> for Limits {
    fn from(server: &Server) -> Limits {
        Limits {
            header_timeout: server.header_timeout.duration(),
            max_connections: server.max_connections.clamp(1, Semaphore::MAX_PERMITS),
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
        let door = Door {
            routes,
            http: Arc::new(http(limits.header_timeout)),
            header_timeout: limits.header_timeout,
            places: Arc::new(Semaphore::new(limits.max_connections)),
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
        if timeout(limits.shutdown_grace, door.tasks.wait()).await.is_err() {
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
const HTTP2_PING: Duration = Duration::from_secs(20);
const HTTP2_PONG: Duration = Duration::from_secs(10);

fn http(header_timeout: Duration) -> Http {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(HTTP1_BUFFER);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_header_list_size(HTTP2_HEADERS)
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PONG);
    http
}

/// What each listener's task has.
#[derive(Clone)]
struct Door<S> {
    routes: S,
    http: Arc<Http>,
    header_timeout: Duration,
    /// One for each open connection.
    places: Arc<Semaphore>,
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
                Ok((stream, peer)) => {
                    let connection = self.clone().serve(stream, peer);
                    self.tasks.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                // The client was gone before it was greeted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
        let routes = self.routes.map_request(move |request: http::Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let io = TokioIo::new(Opening::new(stream, self.header_timeout));
        let connection = self.http.serve_connection(io, TowerToHyperService::new(routes));
        let mut connection = pin!(connection);
        let whole = async {
            tokio::select! {
                served = connection.as_mut() => return served,
                () = self.stop.cancelled() => connection.as_mut().graceful_shutdown(),
            }
            connection.await
        };
        let served = self.cut.run_until_cancelled(whole).await;
        if let Some(Err(error)) = served {
            // What clients do to their connections is no failure of ours.
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

#[cfg(test)]
mod tests;
