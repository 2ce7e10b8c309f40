//! Giving an account another address.

use app::{access::guard, account::email_change};
use axum::{Json, extract::State};
use domain::{Secret, say, settings::Limit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, FromPage, MaybeCaller, MessageResponse, SignedIn, Words},
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
    view::TokenPairView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(request_email_change))
        .routes(routes!(confirm_email_change))
        .routes(routes!(undo_email_change))
}

/// The address an account is to have, and the password of its owner.
#[derive(Deserialize, ToSchema)]
pub struct ChangeEmailRequest {
    #[schema(required, example = "anna@example.org")]
    new_email: Option<String>,
    #[schema(required, value_type = String, format = Password)]
    password: Option<Secret>,
}

/// Ask for another address
///
/// Mails a link to the new address. Nothing changes until it is confirmed.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/change",
    tag = tag::ACCOUNT,
    security(("bearer" = [])),
    request_body = ChangeEmailRequest,
    responses((status = 200, description = "Noted.", body = MessageResponse)),
)]
async fn request_email_change(
    State(web): State<WebState>,
    Context(ctx): Context,
    SignedIn(caller): SignedIn,
    words: Words,
    Body(request): Body<ChangeEmailRequest>,
) -> Result<Json<MessageResponse>> {
    let acting = guard::own(&web.app, &ctx, caller, Limit::EmailChange).await?;
    let new_email = request.new_email.unwrap_or_default();
    email_change::request(&web.app, &ctx, &acting, &new_email, request.password).await?;
    let message = say!("Please open the link that was mailed to the new address.");
    Ok(Json(words.message(message)))
}

/// The token of a mail to the new address, or to the old one.
#[derive(Deserialize, ToSchema)]
pub struct EmailTokenRequest {
    #[schema(required, value_type = String)]
    token: Option<Secret>,
}

/// The address has changed.
#[derive(Serialize, ToSchema)]
pub struct ConfirmEmailResponse {
    message: String,
    /// Where the request came with an access token of the account: its session goes on with these.
    #[serde(flatten)]
    #[schema(inline)]
    pair: Option<TokenPairView>,
}

/// Confirm another address
///
/// Spends the token of the mail to the new address. Other sessions of the account end; the old
/// address, if it was proved, is mailed a way back.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/change/confirm",
    tag = tag::ACCOUNT,
    security((), ("bearer" = [])),
    request_body = EmailTokenRequest,
    responses((status = 200, description = "It is changed.", body = ConfirmEmailResponse)),
)]
async fn confirm_email_change(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    MaybeCaller(caller): MaybeCaller,
    page: FromPage,
    Body(request): Body<EmailTokenRequest>,
) -> Result<(SetCookies, Json<ConfirmEmailResponse>)> {
    let token = request.token.unwrap_or_default();
    let pair = email_change::confirm(&web.app, &ctx, caller.as_ref(), &token).await?;
    let (cookies, pair) = match &pair {
        Some(pair) => {
            let (cookies, pair) = transport::answer(&web, pair, page)?;
            (cookies, Some(pair))
        }
        None => (SetCookies::none(), None),
    };
    let message = words.say(say!("Your address has been changed."));
    Ok((cookies, Json(ConfirmEmailResponse { message, pair })))
}

/// Take another address back
///
/// Spends the token of the mail to the old address: the account has it again, every session ends,
/// the password is void, and a mail leads to a new one.
#[utoipa::path(
    post,
    path = "/api/v1/auth/email/change/undo",
    tag = tag::ACCOUNT,
    request_body = EmailTokenRequest,
    responses((status = 200, description = "It is taken back.", body = MessageResponse)),
)]
async fn undo_email_change(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    Body(request): Body<EmailTokenRequest>,
) -> Result<Json<MessageResponse>> {
    email_change::undo(&web.app, &ctx, &request.token.unwrap_or_default()).await?;
    let message =
        say!("Your account has its old address again. A mail leads you to a new password.");
    Ok(Json(words.message(message)))
}
