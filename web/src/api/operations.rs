//! For load balancers, and for those who verify our tokens.

use app::work::health::{self, Health};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{openapi::tag, state::WebState};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(show_health))
        .routes(routes!(show_readiness))
        .routes(routes!(show_key_set))
}

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct HealthResponse {
    /// `healthy`, `degraded` without the cache, or `unhealthy` without the database.
    status: &'static str,
    /// `connected` or `disconnected`.
    database: &'static str,
    /// `connected` or `disconnected`.
    cache: &'static str,
    /// What waits to be done in the background; null when the database cannot tell.
    queue: Option<QueueView>,
    services: ServicesView,
    /// When this was asked.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// Work in the background.
#[derive(Serialize, ToSchema)]
pub struct QueueView {
    /// Jobs that are due or will be.
    waiting: i64,
    /// Jobs that failed for good and want a look.
    dead: i64,
}

/// The parts of the server, one by one.
#[derive(Serialize, ToSchema)]
pub struct ServicesView {
    database: &'static str,
    cache: &'static str,
}

/// Health
///
/// Alive, and what works. Without its cache the server goes on, with limits counted by each node.
#[utoipa::path(
    get,
    path = "/health",
    tag = tag::OPERATIONS,
    responses(
        (status = 200, description = "The server can work.", body = HealthResponse),
        (status = 503, description = "The database is gone or only reads.", body = HealthResponse),
    ),
)]
async fn show_health(State(web): State<WebState>) -> Response {
    let health = health::check(&web.app).await;
    let status = if health.database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(view(&web, &health))).into_response()
}

/// Readiness
///
/// Whether to send requests here: not while the server starts or stops, nor without a database that
/// can be written to.
#[utoipa::path(
    get,
    path = "/ready",
    tag = tag::OPERATIONS,
    responses(
        (status = 200, description = "Send requests.", body = HealthResponse),
        (status = 503, description = "Send them elsewhere.", body = HealthResponse),
    ),
)]
async fn show_readiness(State(web): State<WebState>) -> Response {
    let health = health::check(&web.app).await;
    let is_ready = health.database && web.ready.is_on();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(view(&web, &health))).into_response()
}

fn view(web: &WebState, health: &Health) -> HealthResponse {
    let word = |is_there| if is_there { "connected" } else { "disconnected" };
    let (database, cache) = (word(health.database), word(health.cache));
    let status = match (health.database, health.cache) {
        (false, _) => "unhealthy",
        (true, false) => "degraded",
        (true, true) => "healthy",
    };
    let queue = health.queue.as_ref();
    HealthResponse {
        status,
        database,
        cache,
        queue: queue.map(|it| QueueView { waiting: it.waiting, dead: it.dead }),
        services: ServicesView { database, cache },
        timestamp: web.app.clock().now().to_string(),
    }
}

/// A key set (RFC 7517, section 5).
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes what the keys write themselves")]
pub struct KeySetResponse {
    keys: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// Long enough to spare us questions, and shorter than the overlap of keys.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Public keys
///
/// What access tokens are verified with, by the `kid` in their header.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = tag::OPERATIONS,
    responses((status = 200, description = "The keys.", body = KeySetResponse)),
)]
async fn show_key_set(State(web): State<WebState>) -> Response {
    ([(header::CACHE_CONTROL, KEEP)], Json(web.app.jwks(web.app.clock().now()))).into_response()
}
