//! Exchange tokens.

use app::{
    session::device,
    sign_in::exchange::{self, Evidence},
};
use axum::{Json, extract::State};
use domain::Secret;
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
    OpenApiRouter::default().routes(routes!(redeem_exchange_token))
}

/// A token that was given to this browser or app.
#[derive(Deserialize, ToSchema)]
pub struct ExchangeRequest {
    #[schema(required, value_type = String)]
    exchange_token: Option<Secret>,
    /// For apps: what the `code_challenge` of the registration is the hash of.
    #[schema(value_type = Option<String>)]
    code_verifier: Option<Secret>,
}

/// Signed in.
#[derive(Serialize, ToSchema)]
pub struct ExchangeResponse {
    #[serde(flatten)]
    #[schema(inline)]
    pair: TokenPairView,
    /// Whether the account had never signed in before.
    first_login: bool,
}

/// Exchange a token for a session
///
/// Exchange tokens live for a minute, work once, and only in the browser (by its `device` cookie)
/// or app (by its `code_verifier`) that began the flow.
#[utoipa::path(
    post,
    path = "/api/v1/auth/exchange-token",
    tag = tag::AUTHENTICATION,
    request_body = ExchangeRequest,
    responses((status = 200, description = "Signed in.", body = ExchangeResponse)),
)]
async fn redeem_exchange_token(
    State(web): State<WebState>,
    Context(ctx): Context,
    page: FromPage,
    Body(request): Body<ExchangeRequest>,
) -> Result<(SetCookies, Json<ExchangeResponse>)> {
    let (ctx, device) = device::ensure(&web.app, ctx)?;
    let token = request.exchange_token.unwrap_or_default();
    let evidence = Evidence { code_verifier: request.code_verifier };
    let (finished, first_login) = exchange::redeem(&web.app, &ctx, &token, &evidence).await?;
    let (cookies, pair) = transport::finish(&web, finished, page)?;
    let cookies = cookies.device(&web.site, device)?;
    Ok((cookies, Json(ExchangeResponse { pair, first_login })))
}
