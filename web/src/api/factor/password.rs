//! Changing a password, and setting a new one when it is forgotten.

use app::{
    access::guard,
    factor::password::{self, NewPassword, Reset},
};
use axum::{Json, extract::State};
use domain::{Secret, say, settings::Limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, FromPage, MessageResponse, SignedIn, Words},
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
    view::{PasswordStrength, TokenPairView},
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(change_password))
        .routes(routes!(request_password_reset))
        .routes(routes!(confirm_password_reset))
}

/// The password as it is and as it is to be.
#[derive(Deserialize, ToSchema)]
pub struct ChangePasswordRequest {
    #[schema(required, value_type = String, format = Password)]
    old_password: Option<Secret>,
    #[schema(required, value_type = String, format = Password)]
    new_password: Option<Secret>,
    /// Must equal `new_password` where it is present.
    #[serde(alias = "confirm_password", alias = "password_confirm", alias = "password2")]
    #[schema(value_type = Option<String>, format = Password)]
    new_password_confirm: Option<Secret>,
}

/// The pair with which the session goes on, and how strong the new password is.
#[derive(Serialize, ToSchema)]
pub struct ChangePasswordResponse {
    #[serde(flatten)]
    #[schema(inline)]
    pair: TokenPairView,
    password_strength: PasswordStrength,
}

/// Change your password
///
/// Every other session and every token made so far is dead; this session goes on with the pair in
/// the answer. A wrong old password is an error of `old_password`.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/change",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ChangePasswordRequest,
    responses((status = 200, description = "It is changed.", body = ChangePasswordResponse)),
)]
async fn change_password(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    words: Words,
    page: FromPage,
    Body(request): Body<ChangePasswordRequest>,
) -> Result<(SetCookies, Json<ChangePasswordResponse>)> {
    let new = NewPassword { password: request.new_password, confirm: request.new_password_confirm };
    let acting = guard::own(&web.app, &ctx, caller, Limit::PasswordChange).await?;
    let changed = password::change(&web.app, &ctx, &acting, request.old_password, new).await?;
    let (cookies, pair) = transport::answer(&web, &changed.0, page)?;
    let password_strength = PasswordStrength::new(&changed.1, &words);
    Ok((cookies, Json(ChangePasswordResponse { pair, password_strength })))
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
pub struct ResetPasswordRequest {
    #[schema(required, example = "anna@example.com")]
    email: Option<String>,
    /// Another name of `email`. Nothing is sent to a phone number.
    email_or_phone: Option<String>,
}

/// Ask for a new password
///
/// Mails a link to it. The answer is the same whether or not there is such an account.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/reset",
    tag = tag::AUTHENTICATION,
    request_body = ResetPasswordRequest,
    responses((status = 200, description = "Noted.", body = MessageResponse)),
)]
async fn request_password_reset(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<ResetPasswordRequest>,
) -> Result<Json<MessageResponse>> {
    let name = request.email.or(request.email_or_phone).unwrap_or_default();
    password::request_reset(&web.app, &ctx, &name).await?;
    let message = say!("If there is an account with this address, a mail is on its way.");
    Ok(Json(words.message(message)))
}

/// The token of a reset mail and a new password.
#[derive(Deserialize, ToSchema)]
pub struct ConfirmResetRequest {
    #[schema(required, value_type = String)]
    token: Option<Secret>,
    /// The user's id in base64, for clients that send it beside the token.
    #[serde(alias = "uid")]
    uidb64: Option<String>,
    #[serde(alias = "password")]
    #[schema(required, value_type = String, format = Password)]
    new_password: Option<Secret>,
    /// Must equal `new_password` where it is present.
    #[serde(alias = "confirm_password", alias = "password_confirm", alias = "password2")]
    #[schema(value_type = Option<String>, format = Password)]
    new_password_confirm: Option<Secret>,
}

/// The new password is set.
#[derive(Serialize, ToSchema)]
pub struct ConfirmResetResponse {
    message: String,
    password_strength: PasswordStrength,
}

/// Set a new password
///
/// Spends the token of a reset mail. Every session and token of the account is dead.
#[utoipa::path(
    post,
    path = "/api/v1/auth/password/reset/confirm",
    tag = tag::AUTHENTICATION,
    request_body = ConfirmResetRequest,
    responses((status = 200, description = "It is set.", body = ConfirmResetResponse)),
)]
async fn confirm_password_reset(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<ConfirmResetRequest>,
) -> Result<(SetCookies, Json<ConfirmResetResponse>)> {
    let new = NewPassword { password: request.new_password, confirm: request.new_password_confirm };
    let reset = Reset { token: request.token, uidb64: request.uidb64, new };
    let strength = password::confirm_reset(&web.app, &ctx, reset).await?;
    let cookies = SetCookies::none().without_refresh(&web.site)?;
    let message = words.say(say!("Your password has been changed."));
    let password_strength = PasswordStrength::new(&strength, &words);
    Ok((cookies, Json(ConfirmResetResponse { message, password_strength })))
}
