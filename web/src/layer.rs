//! What happens to every request before and after its handler, from the outside to the inside:
//!
//! 1. [`path`] finds the canonical path, before the router looks at it;
//! 2. [`record`] gives the request its id, time and client, and the answer its problem body,
//!    headers and log line;
//! 3. a panic becomes an answer, and pages of allowed origins may read it (CORS);
//! 4. [`guard`] refuses what no handler should see: doubled headers, foreign hosts and origins;
//! 5. [`body`] reads the whole body, within its size and its time;
//! 6. [`load`] bounds how many requests are in work and how long, and sees to it that what changes
//!    something runs to its end.

pub mod address;
mod body;
mod cors;
mod guard;
mod load;
mod origin;
pub mod path;
mod record;
mod secure;
mod seen;
#[cfg(test)]
pub(crate) mod tests;

use std::{net::SocketAddr, sync::Arc};

use app::{Clock, engine::locale::Locale};
use axum::{Router, extract::Request, middleware::from_fn_with_state};
use domain::settings::Settings;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::{ServiceBuilder, util::MapRequest};
use tower_http::catch_panic::CatchPanicLayer;

#[cfg(test)]
pub(crate) use self::body::whole;
pub use self::{
    body::{Arrival, Bodies, Budget, LARGEST_HEAD, budget},
    seen::Seen,
};
use crate::{problem, site::Site};

/// The whole of a server: routes in their layers.
pub type Routes = MapRequest<Router, fn(Request) -> Request>;

/// The other end of the connection, as an extension of each request on it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// What the layers know.
#[derive(Debug)]
pub struct Edge {
    site: Arc<Site>,
    locale: Arc<Locale>,
    clock: Clock,
    /// One for each request in work.
    permits: Arc<Semaphore>,
    /// Requests that run to their end, so that shutdown waits for them.
    tracker: TaskTracker,
    request_timeout: domain::Span,
    body_timeout: domain::Span,
    body_limit: usize,
}

impl Edge {
    pub fn new(
        settings: &Settings,
        site: Arc<Site>,
        locale: Arc<Locale>,
        clock: Clock,
        tracker: TaskTracker,
    ) -> Edge {
        let server = &settings.server;
        let permits = server.max_requests.clamp(1, Semaphore::MAX_PERMITS);
        Edge {
            site,
            locale,
            clock,
            permits: Arc::new(Semaphore::new(permits)),
            tracker,
            request_timeout: server.request_timeout,
            body_timeout: server.body_timeout,
            body_limit: server.body_limit,
        }
    }
}

/// Puts the layers around the routes.
pub fn wrap(router: Router, edge: Edge) -> Routes {
    let edge = Arc::new(edge);
    let site = edge.site.clone();
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(edge.clone(), record::record))
        .map_request(move |it| cors::pick_headers(&site, it))
        .layer(cors::layer(&edge.site))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(edge.clone(), guard::guard))
        .layer(from_fn_with_state(edge.clone(), load::carry));
    MapRequest::new(router.layer(layers), path::rewrite)
}

/// Load balancers ask these by address, and must get an answer under any load.
pub(crate) fn is_for_operations(path: &str) -> bool {
    matches!(path, "/health" | "/ready")
}
