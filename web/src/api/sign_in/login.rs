//! Signing in and out.

use app::{
    session::device,
    sign_in::password::{self, Credentials},
};
use axum::{Json, extract::State};
use domain::Secret;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    cookies::SetCookies,
    extract::{Body, Context, FromPage, lenient_bool},
    openapi::tag,
    problem::Result,
    state::WebState,
    transport,
    view::TokenPairView,
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(login))
}

/// Who signs in: one of the names, and the password.
#[derive(Deserialize, ToSchema)]
pub struct LoginRequest {
    #[schema(example = "anna@example.com")]
    email: Option<String>,
    email_or_username: Option<String>,
    /// A phone number only once it is verified.
    email_or_phone: Option<String>,
    username: Option<String>,
    #[schema(required, value_type = String, format = Password)]
    password: Option<Secret>,
    /// Keep the session for `tokens.remember_lifetime` between uses.
    #[serde(default, deserialize_with = "lenient_bool")]
    remember_me: Option<bool>,
    /// What the session is called in the list of sessions.
    device_name: Option<String>,
}

impl From<LoginRequest> for Credentials {
    fn from(it: LoginRequest) -> Credentials {
        let names = [
            ("email", it.email),
            ("email_or_username", it.email_or_username),
            ("email_or_phone", it.email_or_phone),
            ("username", it.username),
        ];
        let given = names.into_iter().find_map(|(field, name)| {
            let name = name.filter(|it| !it.trim().is_empty())?;
            Some((field, name))
        });
        let (name_field, name) = given.map_or(("email", None), |it| (it.0, Some(it.1)));
        Credentials {
            name,
            name_field,
            password: it.password,
            remember_me: it.remember_me,
            device_name: it.device_name,
        }
    }
}

/// Sign in
///
/// Unknown names, wrong passwords and disabled accounts get the same answer, and with
/// `privacy.enumeration = "strict"` accounts whose address is not verified.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    tag = tag::AUTHENTICATION,
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in.", body = TokenPairView),
        (status = 401, description = "`invalid_credentials`: wrong name or password."),
        (status = 403, description = "`account_locked`: too many wrong passwords in a row, see \
            `Retry-After`. `email_not_verified`: a right password, but \
            `registration.require_verified_email` is on."),
    ),
)]
async fn login(
    State(web): State<WebState>,
    Context(ctx): Context,
    page: FromPage,
    Body(request): Body<LoginRequest>,
) -> Result<(SetCookies, Json<TokenPairView>)> {
    let (ctx, device) = device::ensure(&web.app, ctx)?;
    let finished = password::with_password(&web.app, &ctx, request.into()).await?;
    let (cookies, tokens) = transport::finish(&web, finished, page)?;
    Ok((cookies.device(&web.site, device)?, Json(tokens)))
}
