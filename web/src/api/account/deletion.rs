//! Deleting an account, and coming back.

use app::{access::guard, account::deletion};
use axum::{Json, extract::State};
use domain::{Secret, Time, say, settings::Limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, MessageResponse, SignedIn, Words},
    openapi::tag,
    problem::Result,
    state::WebState,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(delete_account)).routes(routes!(restore_account))
}

/// Proof that it is you.
#[derive(Deserialize, ToSchema)]
pub struct DeleteAccountRequest {
    /// Not needed within ten minutes after signing in with it.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
}

/// Your account is deleted.
#[derive(Serialize, ToSchema)]
pub struct DeleteAccountResponse {
    message: String,
    /// Until then it can be restored.
    #[schema(value_type = String, format = DateTime)]
    erased_at: Time,
}

/// Delete your account
///
/// Every session ends at once. A mail leads back for `accounts.deletion_grace`; then everything of
/// yours is erased.
#[utoipa::path(
    post,
    path = "/api/v1/auth/delete-account",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = Option<DeleteAccountRequest>,
    responses((status = 200, description = "It is deleted.", body = DeleteAccountResponse)),
)]
async fn delete_account(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    words: Words,
    Body(request): Body<DeleteAccountRequest>,
) -> Result<(SetCookies, Json<DeleteAccountResponse>)> {
    let acting = guard::own(&web.app, &ctx, caller, Limit::AccountDelete).await?;
    let erased_at = deletion::request(&web.app, &ctx, &acting, request.password).await?;
    let cookies = SetCookies::none().without_refresh(&web.site)?;
    let message = words.say(say!("Your account has been deleted."));
    Ok((cookies, Json(DeleteAccountResponse { message, erased_at })))
}

/// The token of a mail, or of the refusal of a sign-in.
#[derive(Deserialize, ToSchema)]
pub struct RestoreAccountRequest {
    #[schema(required, value_type = String)]
    token: Option<Secret>,
}

/// Restore your account
///
/// Spends a restore token: the account is as it was, and you can sign in again.
#[utoipa::path(
    post,
    path = "/api/v1/auth/restore-account",
    tag = tag::ACCOUNT,
    request_body = RestoreAccountRequest,
    responses((status = 200, description = "It is restored.", body = MessageResponse)),
)]
async fn restore_account(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<RestoreAccountRequest>,
) -> Result<Json<MessageResponse>> {
    deletion::restore(&web.app, &ctx, &request.token.unwrap_or_default()).await?;
    Ok(Json(words.message(say!("Your account has been restored."))))
}
