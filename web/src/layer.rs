//! The layers around every handler, from the outside to the inside:
//!
//! 1. [`path`] rewrites the path to its canonical form, before routing;
//! 2. [`record`] gives the request its id, time and client, and the answer its problem body,
//!    headers and log line;
//! 3. CORS, and a panic becomes an answer;
//! 4. [`guard`] refuses duplicate headers, unknown hosts and foreign origins;
//! 5. [`body`] reads the whole body, within a size and a time;
//! 6. [`load`] limits the number of running requests and their time, and runs requests that change
//!    something to their end.

pub mod address;
mod body;
mod context;
mod cors;
mod guard;
mod load;
mod origin;
pub mod path;
mod record;
mod secure;
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
pub(crate) use self::body::read_body;
pub use self::{
    body::{BodyBudgets, BodyProgress, Budget, MAX_HEAD, budget},
    context::RequestContext,
};
use crate::{problem, site::Site};

/// The whole server: routes in their layers.
pub type Routes = MapRequest<Router, fn(Request) -> Request>;

/// The address of the peer, as an extension of each request on the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The state that the layers share.
#[derive(Debug)]
pub struct LayerState {
    site: Arc<Site>,
    locale: Arc<Locale>,
    clock: Clock,
    /// One for each running request.
    permits: Arc<Semaphore>,
    /// Shutdown waits for the requests in it.
    tracker: TaskTracker,
    request_timeout: domain::Span,
    body_timeout: domain::Span,
    body_limit: usize,
}

impl LayerState {
    pub fn new(
        settings: &Settings,
        site: Arc<Site>,
        locale: Arc<Locale>,
        clock: Clock,
        tracker: TaskTracker,
    ) -> LayerState {
        let server = &settings.server;
        let permits = server.max_requests.clamp(1, Semaphore::MAX_PERMITS);
        LayerState {
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
pub fn wrap(router: Router, state: LayerState) -> Routes {
    let state = Arc::new(state);
    let site = state.site.clone();
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), record::record))
        .map_request(move |it| cors::pick_headers(&site, it))
        .layer(cors::layer(&state.site))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .layer(from_fn_with_state(state.clone(), load::limit));
    MapRequest::new(router.layer(layers), path::rewrite)
}

/// Load balancers call these by IP address, and must get an answer under any load.
pub(crate) fn is_for_operations(path: &str) -> bool {
    matches!(path, "/health" | "/ready")
}
