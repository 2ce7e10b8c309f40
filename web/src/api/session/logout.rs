//! Signing out.

use app::session::sessions;
use axum::{Json, extract::State};
use domain::{Secret, say};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, MaybeCaller, MessageResponse, Words},
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(logout))
}

/// What to sign out of, beside the access token.
#[derive(Deserialize, ToSchema)]
pub struct LogoutRequest {
    /// The cookie `refresh_token` will do too.
    #[schema(value_type = Option<String>)]
    refresh: Option<Secret>,
}

/// Sign out
///
/// Ends the session of the access token and those of the refresh tokens in body and cookie, with every
/// token of them, and clears the cookie. Whoever has none is signed out already.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout",
    tag = tag::AUTHENTICATION,
    request_body = Option<LogoutRequest>,
    security((), ("bearer" = []), ("refresh_cookie" = [])),
    responses((status = 200, description = "Signed out.", body = MessageResponse)),
)]
async fn logout(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    MaybeCaller(caller): MaybeCaller,
    headers: HeaderMap,
    Body(request): Body<LogoutRequest>,
) -> Result<(SetCookies, Json<MessageResponse>)> {
    let presented = transport::presented(&headers, request.refresh)?;
    sessions::sign_out(&web.app, &ctx, caller.as_ref(), &presented).await?;
    let cookies = SetCookies::none().without_refresh(&web.site)?;
    Ok((cookies, Json(words.message(say!("You are signed out.")))))
}
