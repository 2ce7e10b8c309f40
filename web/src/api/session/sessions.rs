//! Where the person is signed in.

use app::{
    access::guard,
    session::sessions::{self, Which},
};
use axum::{Json, extract::State};
use domain::{SessionId, say, settings::Limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Context, MessageResponse, Path, SignedIn, Words, lenient_bool},
    openapi::tag,
    problem::Result,
    state::WebState,
    view::SessionView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(end_all_sessions))
}

/// Where you are signed in, the latest used first.
#[derive(Serialize, ToSchema)]
pub struct SessionsResponse {
    sessions: Vec<SessionView>,
}

/// List your sessions
#[utoipa::path(
    get,
    path = "/api/v1/auth/sessions",
    tag = tag::SESSIONS,
    security(("bearer" = [])),
    responses((status = 200, description = "Your sessions.", body = SessionsResponse)),
)]
async fn list_sessions(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
) -> Result<Json<SessionsResponse>> {
    let current = caller.session.id;
    let acting = guard::own(&web.app, &ctx, caller, Limit::Sessions).await?;
    let sessions = sessions::list(&web.app, &ctx, &acting).await?;
    let view = |it| SessionView::new(it, current);
    Ok(Json(SessionsResponse { sessions: sessions.into_iter().map(view).collect() }))
}

/// End a session
///
/// Every token of it is dead at once. A session of somebody else is not found.
#[utoipa::path(
    delete,
    path = "/api/v1/auth/sessions/{id}",
    tag = tag::SESSIONS,
    security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The session.")),
    responses((status = 200, description = "It has ended.", body = MessageResponse)),
)]
async fn end_session(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    words: Words,
    Path(id): Path<SessionId>,
) -> Result<Json<MessageResponse>> {
    let acting = guard::own(&web.app, &ctx, caller, Limit::SessionEnd).await?;
    sessions::end(&web.app, &ctx, &acting, id).await?;
    Ok(Json(words.message(say!("The session has ended."))))
}

/// Which sessions to end.
#[derive(Deserialize, ToSchema)]
pub struct EndAllRequest {
    /// Also the session of this request.
    #[serde(default, deserialize_with = "lenient_bool")]
    include_current: Option<bool>,
}

/// How many sessions were ended.
#[derive(Serialize, ToSchema)]
pub struct EndAllResponse {
    message: String,
    terminated_count: usize,
}

/// End all your sessions
///
/// All but the one of this request, unless `include_current`.
#[utoipa::path(
    post,
    path = "/api/v1/auth/sessions/terminate-all",
    tag = tag::SESSIONS,
    security(("bearer" = [])),
    request_body = Option<EndAllRequest>,
    responses((status = 200, description = "They have ended.", body = EndAllResponse)),
)]
async fn end_all_sessions(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    words: Words,
    Body(request): Body<EndAllRequest>,
) -> Result<Json<EndAllResponse>> {
    let which = match request.include_current.unwrap_or_default() {
        true => Which::All,
        false => Which::AllOthers,
    };
    let acting = guard::own(&web.app, &ctx, caller, Limit::SessionEndAll).await?;
    let terminated_count = sessions::end_all(&web.app, &ctx, &acting, which).await?;
    let message = words.say(say!("The sessions have ended."));
    Ok(Json(EndAllResponse { message, terminated_count }))
}
