//! Proving an email address.

use app::email;
use axum::{Json, extract::State};
use domain::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::view::MessageResponse;
use crate::{
    extract::{Body, Circumstances},
    openapi::tag,
    problem::Result,
    state::WebState,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(verify)).routes(routes!(resend))
}

/// The token of a verification mail.
#[derive(Deserialize, ToSchema)]
pub struct VerifyEmailRequest {
    #[schema(required, value_type = String)]
    token: Option<Secret>,
}

/// Verify an email address
///
/// Spends the token of a verification mail: each works once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/verify",
    tag = tag::AUTHENTICATION,
    request_body = VerifyEmailRequest,
    responses((status = 200, description = "The address is verified.", body = MessageResponse)),
)]
async fn verify(
    State(web): State<WebState>,
    Circumstances(ctx): Circumstances,
    Body(request): Body<VerifyEmailRequest>,
) -> Result<Json<MessageResponse>> {
    email::verify(&web.app, &ctx, &request.token.unwrap_or_default()).await?;
    Ok(Json(MessageResponse { message: "Your email address is verified." }))
}

/// Where to send another verification mail.
#[derive(Deserialize, ToSchema)]
pub struct ResendRequest {
    #[schema(required, example = "anna@example.com")]
    email: Option<String>,
}

/// Resend the verification mail
///
/// The answer is the same whether or not there is such an account, and whether or not its address
/// is verified already.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/resend",
    tag = tag::AUTHENTICATION,
    request_body = ResendRequest,
    responses((status = 200, description = "Noted.", body = MessageResponse)),
)]
async fn resend(
    State(web): State<WebState>,
    Circumstances(ctx): Circumstances,
    Body(request): Body<ResendRequest>,
) -> Result<Json<MessageResponse>> {
    email::resend(&web.app, &ctx, &request.email.unwrap_or_default()).await?;
    let message = "If an account with this address waits for verification, a mail is on its way.";
    Ok(Json(MessageResponse { message }))
}
