//! Servers to compare with: the framework alone, and the layers of the product around the minimal
//! work of an operation. Each runs as a process of its own, on the product's runtime, allocator,
//! log and database.

use std::{net::SocketAddr, sync::Arc};

use app::{Clock, engine::templates};
use aws_lc_rs::signature::Ed25519KeyPair;
use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{SessionId, UserId, account::User, settings::Settings};
use serde_json::{Value, json};
use store::Store;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;
use web::{
    Listening,
    layer::{self, LayerState},
    serve::Limits,
    site::Site,
};

use crate::{options::Ceiling, outcome::Outcome};

/// Where each ceiling is asked, followed by an id except for the bare one.
pub const PATH: &str = "/health";
pub const ROW: &str = "/rows";

/// Serves until it is ended.
pub async fn serve(kind: Ceiling, settings: Settings) -> Outcome<()> {
    let address = settings.server.listen.first().copied().ok_or("no address to listen on")?;
    match kind {
        Ceiling::Bare => bare(address).await,
        Ceiling::Read | Ceiling::Update => layered(kind, settings).await,
    }
}

async fn bare(address: SocketAddr) -> Outcome<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    // The start check uses a trailing slash, which the layers of the product strip.
    let router = Router::new().route(PATH, get(healthy)).route("/health/", get(healthy));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn healthy() -> Json<Value> {
    Json(json!({ "status": "healthy" }))
}

#[derive(Clone)]
struct Shared {
    store: Store,
    clock: Clock,
    key: Arc<Ed25519KeyPair>,
}

async fn layered(kind: Ceiling, settings: Settings) -> Outcome<()> {
    portcullis::telemetry::start(&settings.log, settings.profile)?;
    let listening = Listening::bind(&settings.server.listen).await?;
    let store = app::connect(&settings).await?;
    let key = Ed25519KeyPair::generate().map_err(|_| "no key pair")?;
    let shared = Shared { store, clock: Clock::System, key: Arc::new(key) };
    let path = format!("{ROW}/{{id}}");
    let router = Router::new().route(PATH, get(healthy));
    let router = match kind {
        Ceiling::Update => router.route(&path, post(update)),
        Ceiling::Bare | Ceiling::Read => router.route(&path, get(read)),
    };
    let locale = templates::compile("")?.locale;
    let site = Arc::new(Site::new(&settings)?);
    let state = LayerState::new(&settings, site, locale, Clock::System, TaskTracker::new());
    let routes = layer::wrap(router.with_state(shared), state);
    let limits = Limits::from(&settings.server);
    listening.serve(routes, limits, CancellationToken::new()).await;
    Ok(())
}

/// A user's row as JSON, or null.
async fn read(State(shared): State<Shared>, Path(id): Path<Uuid>) -> Json<Value> {
    let unit = async move |db| store::users::by_id(&db, UserId(id)).await;
    Json(shared.store.get(unit).await.ok().flatten().map_or(Value::Null, |it| row(&it)))
}

fn row(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email.as_str(),
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone_number": user.phone_number,
        "email_verified": user.email_verified_at.is_some(),
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "profile": user.profile,
        "user_metadata": user.user_metadata,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "last_login": user.last_login_at,
    })
}

/// One durable update of a session's row, and one signature over as much as a token has.
async fn update(State(shared): State<Shared>, Path(id): Path<Uuid>) -> Json<Value> {
    let now = shared.clock.now();
    let unit = async move |db| store::sessions::record_shown(&db, SessionId(id), 1, now).await;
    let updated = shared.store.put(unit).await.unwrap_or(0);
    let message = json!({
        "iss": "http://127.0.0.1:8000", "aud": "portcullis", "sub": id, "sid": id,
        "iat": now.seconds(), "exp": now.seconds() + 900, "email": "person-000001@example.com",
        "first_name": "Ada", "last_name": "Lovelace", "is_staff": false, "roles": [],
    })
    .to_string();
    let signature = URL_SAFE_NO_PAD.encode(shared.key.sign(message.as_bytes()));
    let payload = URL_SAFE_NO_PAD.encode(&message);
    Json(json!({ "updated": updated, "access": format!("{payload}.{signature}") }))
}
