//! Making an account.

use app::{
    account::registration::{self, Registered, Registration},
    session::device,
    sign_in::Finished,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{Sentence, say};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, FromPage, IdempotencyKey, MessageResponse, Words},
    form::register::RegisterRequest,
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
    view::{PasswordStrength, TokensView, UserView},
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(register_account))
}

/// The account that was made, signed in while `registration.auto_login` is on.
#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    user: UserView,
    user_id: Uuid,
    email: String,
    message: String,
    /// Not in the answer to a repeated request.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_strength: Option<PasswordStrength>,
    #[serde(flatten)]
    #[schema(inline)]
    tokens: Option<TokensView>,
}

const MADE: Sentence = say!("Your account has been created. Please confirm your email address.");
const MADE_AND_PROVED: Sentence = say!("Your account has been created.");
const SILENT: Sentence = say!("If this address can be registered, a mail is on its way to it.");

/// Register
///
/// Makes an account and mails a link that confirms its address. With
/// `privacy.enumeration = "strict"` the answer is 202 whether or not the address is known, its owner
/// is told by mail, and signing in works once the address is verified.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    tag = tag::AUTHENTICATION,
    params(IdempotencyKey),
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "The account was made.", body = RegisterResponse),
        (status = 202, description = "A mail tells the owner of the address.", body = MessageResponse),
    ),
)]
async fn register_account(
    State(web): State<WebState>,
    Context(ctx): Context,
    words: Words,
    page: FromPage,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    Body(request): Body<RegisterRequest>,
) -> Result<Response> {
    let (ctx, device) = device::ensure(&web.app, ctx)?;
    let cookies = SetCookies::none().device(&web.site, device)?;
    let input = Registration { idempotency_key, ..request.into() };
    let (user, strength, sign_in) = match registration::register(&web.app, &ctx, input).await? {
        Registered::Account { user, strength, sign_in } => (user, Some(strength), sign_in),
        Registered::Repeated { user } => (user, None, None),
        Registered::Silent => {
            let message = words.message(SILENT);
            return Ok((StatusCode::ACCEPTED, cookies, Json(message)).into_response());
        }
    };
    let (cookies, tokens) = match sign_in {
        Some(Finished::SignedIn(pair)) => {
            let (cookies, tokens) = transport::carry(&web, cookies, &pair, page)?;
            (cookies, Some(tokens))
        }
        Some(Finished::Challenged(challenge)) => match challenge {},
        None => (cookies, None),
    };
    let response = RegisterResponse {
        user_id: user.id.0,
        email: user.email.to_string(),
        user: UserView::from(&*user),
        message: words.say(match user.email_verified_at {
            Some(_) => MADE_AND_PROVED,
            None => MADE,
        }),
        password_strength: strength.map(|it| PasswordStrength::new(&it, &words)),
        tokens,
    };
    Ok((StatusCode::CREATED, cookies, Json(response)).into_response())
}
