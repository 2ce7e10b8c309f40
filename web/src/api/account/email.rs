//! Proving an email address.

use app::{account::email, sign_in::exchange::Evidence};
use axum::{Json, extract::State};
use domain::{Secret, say};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Context, MessageResponse, Words},
    openapi::tag,
    problem::Result,
    state::WebState,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(verify_email)).routes(routes!(resend_verification))
}

/// The token of a verification mail.
#[derive(Deserialize, ToSchema)]
pub struct VerifyEmailRequest {
    #[schema(required, value_type = String)]
    token: Option<Secret>,
    /// For apps: what the `code_challenge` of the registration is the hash of.
    #[schema(value_type = Option<String>)]
    code_verifier: Option<Secret>,
}

/// The address is verified.
#[derive(Serialize, ToSchema)]
pub struct VerifyEmailResponse {
    message: String,
    /// For the browser or app that registered: to be exchanged for a session within a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_token: Option<String>,
}

/// Verify an email address
///
/// Spends the token of a verification mail: each works once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/verify",
    tag = tag::AUTHENTICATION,
    request_body = VerifyEmailRequest,
    responses(
        (status = 200, description = "The address is verified.", body = VerifyEmailResponse),
    ),
)]
async fn verify_email(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<VerifyEmailRequest>,
) -> Result<Json<VerifyEmailResponse>> {
    let evidence = Evidence { code_verifier: request.code_verifier };
    let token = request.token.unwrap_or_default();
    let exchange = email::verify(&web.app, &ctx, &token, &evidence).await?;
    let exchange_token = exchange.map(|it| it.expose().to_owned());
    let message = words.say(say!("Your email address is verified."));
    Ok(Json(VerifyEmailResponse { message, exchange_token }))
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
async fn resend_verification(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<ResendRequest>,
) -> Result<Json<MessageResponse>> {
    email::resend(&web.app, &ctx, &request.email.unwrap_or_default()).await?;
    let message =
        say!("If an account with this address waits for verification, a mail is on its way.");
    Ok(Json(words.message(message)))
}
