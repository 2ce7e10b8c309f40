//! The token endpoints that clients of Django's SimpleJWT know: the same use cases, in its words.
//!
//! Tokens travel in bodies alone. No cookie is set, and none is read: otherwise a script in a page
//! could exchange the cookie that it cannot see for a token that it can.

use app::{
    Error,
    session::{
        sessions,
        tokens::{self, Presented},
    },
    sign_in::{
        Finished,
        password::{self, Credentials},
    },
};
use axum::{Json, extract::State};
use domain::{
    Code, Secret,
    problem::{FieldError, FieldErrors},
    say,
};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    extract::{Body, Context},
    openapi::tag,
    problem::{Refusal, Result},
    state::WebState,
    view::{BarePairView, EmptyView},
};

pub fn routes() -> OpenApiRouter<WebState> {
    OpenApiRouter::default()
        .routes(routes!(simplejwt_obtain))
        .routes(routes!(simplejwt_refresh))
        .routes(routes!(simplejwt_verify))
        .routes(routes!(simplejwt_blacklist))
}

/// A text as Django REST framework takes it: missing, null and blank are three mistakes.
#[derive(Default)]
enum Text {
    #[default]
    Missing,
    Null,
    Given(Secret),
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let text = Option::<Secret>::deserialize(deserializer)?;
        Ok(text.map_or(Text::Null, Text::Given))
    }
}

impl Text {
    fn check(self) -> Result<Secret, FieldError> {
        match self {
            Text::Given(text) if !text.expose().trim().is_empty() => Ok(text),
            Text::Given(_) => Err(FieldError::new("blank", say!("This field may not be blank."))),
            Text::Null => Err(FieldError::new("null", say!("This field may not be null."))),
            Text::Missing => Err(FieldError::required()),
        }
    }

    fn check_alone(self, field: &str) -> Result<Secret> {
        let mut errors = FieldErrors::default();
        let text = errors.take(field, self.check());
        errors.check()?;
        Ok(text.unwrap_or_default())
    }
}

/// Who asks for tokens: `username`, which may be an address, or `email`; and the password.
#[derive(Deserialize, ToSchema)]
pub struct ObtainRequest {
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "anna@example.com")]
    username: Text,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Text,
    #[serde(default)]
    #[schema(required, value_type = String, format = Password)]
    password: Text,
}

impl ObtainRequest {
    fn check(self) -> Result<Credentials> {
        let (name_field, name) = match (self.username, self.email) {
            (Text::Missing, email @ (Text::Given(_) | Text::Null)) => ("email", email),
            (username, _) => ("username", username),
        };
        let mut errors = FieldErrors::default();
        let name = errors.take(name_field, name.check());
        let password = errors.take("password", self.password.check());
        errors.check()?;
        Ok(Credentials {
            name: name.map(|it| it.expose().to_owned()),
            name_field,
            password,
            ..Credentials::default()
        })
    }
}

/// The refresh token.
#[derive(Deserialize, ToSchema)]
pub struct RefreshTokenRequest {
    #[serde(default)]
    #[schema(required, value_type = String)]
    refresh: Text,
}

/// An access or a refresh token.
#[derive(Deserialize, ToSchema)]
pub struct AnyTokenRequest {
    #[serde(default)]
    #[schema(required, value_type = String)]
    token: Text,
}

/// Obtain a token pair (SimpleJWT)
///
/// Signs in like `/api/v1/auth/login`, with the same limits. The pair is in the body alone, no
/// cookie is set.
#[utoipa::path(
    post,
    path = "/api/token",
    tag = tag::SIMPLEJWT,
    request_body = ObtainRequest,
    responses(
        (status = 200, description = "The pair.", body = BarePairView),
        (status = 401, description = "`no_active_account`: wrong name or password."),
        (status = 403, description = "`account_locked`: too many wrong passwords in a row, see \
            `Retry-After`. `email_not_verified`: a right password, but \
            `registration.require_verified_email` is on."),
    ),
)]
async fn simplejwt_obtain(
    State(web): State<WebState>,
    Context(ctx): Context,
    Body(request): Body<ObtainRequest>,
) -> Result<Json<BarePairView>> {
    match password::with_password(&web.app, &ctx, request.check()?).await.map_err(worded)? {
        Finished::SignedIn(pair) => Ok(Json(BarePairView::from(&*pair))),
        Finished::Challenged(challenge) => match challenge {},
    }
}

/// Refresh a token pair (SimpleJWT)
///
/// Exchanges the refresh token of the body as `/api/v1/auth/token/refresh` does. Refresh tokens
/// rotate: the answer has the next one.
#[utoipa::path(
    post,
    path = "/api/token/refresh",
    tag = tag::SIMPLEJWT,
    request_body = RefreshTokenRequest,
    responses(
        (status = 200, description = "The fresh pair.", body = BarePairView),
        (status = 401, description = "`token_not_valid`."),
    ),
)]
async fn simplejwt_refresh(
    State(web): State<WebState>,
    Context(ctx): Context,
    Body(request): Body<RefreshTokenRequest>,
) -> Result<Json<BarePairView>> {
    let body = Some(request.refresh.check_alone("refresh")?);
    let presented = Presented { body, ..Presented::default() };
    let pair = tokens::refresh(&web.app, &ctx, &presented).await.map_err(worded)?;
    Ok(Json(BarePairView::from(&pair)))
}

/// Verify a token (SimpleJWT)
///
/// Says whether an access or refresh token counts at this moment, its session included.
#[utoipa::path(
    post,
    path = "/api/token/verify",
    tag = tag::SIMPLEJWT,
    request_body = AnyTokenRequest,
    responses(
        (status = 200, description = "It counts.", body = EmptyView),
        (status = 401, description = "`token_not_valid`."),
    ),
)]
async fn simplejwt_verify(
    State(web): State<WebState>,
    Context(ctx): Context,
    Body(request): Body<AnyTokenRequest>,
) -> Result<Json<EmptyView>> {
    let token = request.token.check_alone("token")?;
    tokens::verify(&web.app, &ctx, &token).await.map_err(worded)?;
    Ok(Json(EmptyView {}))
}

/// Blacklist a refresh token (SimpleJWT)
///
/// Ends the session of the refresh token, and with it every token of that session.
#[utoipa::path(
    post,
    path = "/api/token/blacklist",
    tag = tag::SIMPLEJWT,
    request_body = RefreshTokenRequest,
    responses(
        (status = 200, description = "The session has ended.", body = EmptyView),
        (status = 401, description = "`token_not_valid`."),
    ),
)]
async fn simplejwt_blacklist(
    State(web): State<WebState>,
    Context(ctx): Context,
    Body(request): Body<RefreshTokenRequest>,
) -> Result<Json<EmptyView>> {
    let token = request.refresh.check_alone("refresh")?;
    sessions::end_by_token(&web.app, &ctx, &token).await.map_err(worded)?;
    Ok(Json(EmptyView {}))
}

/// A refusal in the words of SimpleJWT, which clients compare.
fn worded(error: Error) -> Refusal {
    let Error::Refused(problem) = &error else { return error.into() };
    match problem.code {
        Code::InvalidCredentials => Code::NoActiveAccount.into(),
        Code::InvalidToken => {
            Code::InvalidToken.because_verbatim("Token is invalid or expired").into()
        }
        Code::SessionEnded | Code::RefreshTokenReused => {
            Code::InvalidToken.because_verbatim("Token is blacklisted").into()
        }
        _ => error.into(),
    }
}
