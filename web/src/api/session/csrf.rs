//! The token that forms and pages prove themselves with.

use app::access::guard;
use axum::{Json, extract::State};
use domain::settings::Limit;
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies, csrf, extract::Context, openapi::tag, problem::Result, state::WebState,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(issue_csrf_token))
}

/// The token of this browser.
#[derive(Serialize, ToSchema)]
pub struct CsrfResponse {
    /// To be sent in `X-CSRFToken`, or in the field `csrf_token` of a form.
    #[serde(rename = "csrfToken")]
    csrf_token: String,
}

/// Get a CSRF token
///
/// The answer also sets the cookie `csrftoken`. Programs that send their access token in
/// `Authorization` need none of it.
#[utoipa::path(
    get,
    path = "/api/v1/auth/csrf",
    tag = tag::AUTHENTICATION,
    responses((status = 200, description = "The token.", body = CsrfResponse)),
)]
async fn issue_csrf_token(
    State(web): State<WebState>,
    Context(ctx): Context,
    headers: HeaderMap,
) -> Result<(SetCookies, Json<CsrfResponse>)> {
    guard::anybody(&web.app, &ctx, Limit::Csrf).await?;
    let csrf_token = csrf::token(&headers)?;
    let cookies = SetCookies::none().csrf(&web.site, &csrf_token)?;
    Ok((cookies, Json(CsrfResponse { csrf_token })))
}
