//! Refreshing and looking at tokens.

use app::session::tokens::{self, Presented};
use axum::{Json, extract::State};
use domain::{Problem, Secret, problem::FieldError};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, FromPage},
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
    view::TokenPairView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(refresh_tokens)).routes(routes!(verify_token))
}

/// The refresh token, where it is not in the cookie.
#[derive(Deserialize, ToSchema)]
pub struct RefreshRequest {
    #[schema(value_type = Option<String>)]
    refresh: Option<Secret>,
}

/// Refresh
///
/// Exchanges a refresh token for a fresh pair. Each refresh token is good for one exchange; one
/// that was superseded less than `tokens.refresh_leeway` ago gets the newest again, and one that is
/// presented later ends the session. To a page in a browser one exchange within that time is enough: the
/// others get the same token.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token/refresh",
    tag = tag::AUTHENTICATION,
    request_body = Option<RefreshRequest>,
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "A fresh pair.", body = TokenPairView),
        (status = 401, description = "`token_not_valid`, `session_ended`, `refresh_token_reused`, \
            or `not_authenticated` where no token was sent."),
    ),
)]
async fn refresh_tokens(
    State(web): State<WebState>,
    Context(ctx): Context,
    page: FromPage,
    headers: HeaderMap,
    Body(request): Body<RefreshRequest>,
) -> Result<(SetCookies, Json<TokenPairView>)> {
    let presented =
        Presented { holder: page.holder(), ..transport::presented(&headers, request.refresh)? };
    let pair = tokens::refresh(&web.app, &ctx, &presented).await?;
    let (cookies, tokens) = transport::answer(&web, &pair, page)?;
    Ok((cookies, Json(tokens)))
}

/// A token to be looked at.
#[derive(Deserialize, ToSchema)]
pub struct VerifyTokenRequest {
    /// An access or a refresh token.
    #[schema(required, value_type = String)]
    token: Option<Secret>,
}

/// Nothing: the status says it.
#[derive(Serialize, ToSchema)]
pub struct VerifyTokenResponse {}

/// Verify a token
///
/// Says whether an access or refresh token counts at this moment, its session included.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token/verify",
    tag = tag::AUTHENTICATION,
    request_body = VerifyTokenRequest,
    responses(
        (status = 200, description = "It counts.", body = VerifyTokenResponse),
        (status = 401, description = "`token_not_valid` or `session_ended`."),
    ),
)]
async fn verify_token(
    State(web): State<WebState>,
    Context(ctx): Context,
    Body(request): Body<VerifyTokenRequest>,
) -> Result<Json<VerifyTokenResponse>> {
    let Some(token) = request.token.filter(|it| !it.is_empty()) else {
        return Err(Problem::of_field("token", FieldError::required()).into());
    };
    tokens::verify(&web.app, &ctx, &token).await?;
    Ok(Json(VerifyTokenResponse {}))
}
