//! Users, sessions and tokens as the API shows them.

use app::{factor::password::Strength, session::tokens::TokenPair};
use domain::{Secret, SessionId, Time, account::User, session::Session};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::Words;

use crate::form::profile::ProfileView;

/// A person and what they say about themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    pub id: Uuid,
    #[schema(example = "anna@example.com")]
    email: String,
    username: Option<String>,
    first_name: String,
    last_name: String,
    full_name: String,
    /// In E.164.
    #[schema(example = "+4930901820")]
    phone_number: Option<String>,
    phone_verified: bool,
    /// The address of a picture.
    avatar: Option<String>,
    email_verified: bool,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    /// The first of `roles`.
    role: Option<&'static str>,
    roles: Vec<&'static str>,
    /// How the account came about: `email` or a provider.
    auth_provider: &'static str,
    two_factor_enabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Time>,
    /// The person's own data.
    #[schema(value_type = Object)]
    user_metadata: Value,
    profile: ProfileView,
}

impl From<&User> for UserView {
    fn from(user: &User) -> UserView {
        let roles = user.roles();
        UserView {
            id: user.id.0,
            email: user.email.to_string(),
            username: user.username.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            full_name: user.full_name(),
            phone_number: user.phone_number.clone(),
            phone_verified: user.phone_verified_at.is_some(),
            avatar: None,
            email_verified: user.email_verified_at.is_some(),
            is_active: user.is_active,
            is_staff: user.is_staff,
            is_superuser: user.is_superuser,
            role: roles.first().copied(),
            roles,
            auth_provider: "email",
            two_factor_enabled: false,
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login: user.last_login_at,
            user_metadata: user.user_metadata.clone(),
            profile: ProfileView::from(user.profile.clone()),
        }
    }
}

/// An access token with the refresh token that renews it, and whose they are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TokenPair)]
pub struct TokenPairView {
    #[serde(flatten)]
    #[schema(inline)]
    pub tokens: TokensView,
    pub user: UserView,
}

/// An access token with the refresh token that renews it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensView {
    /// The access token, a JWT.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    access: Secret,
    /// The refresh token. Pages in browsers get it only as the cookie `refresh_token`.
    #[serde(serialize_with = "exposed_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    refresh: Option<Secret>,
    /// The same as `access`.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    access_token: Secret,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: u64,
}

impl TokensView {
    /// With the refresh token where it may be in the body.
    pub fn new(pair: &TokenPair, refresh: Option<Secret>) -> TokensView {
        TokensView {
            access: pair.access.clone(),
            refresh,
            access_token: pair.access.clone(),
            token_type: "Bearer",
            expires_in: pair.expires_in,
        }
    }
}

/// A pair and nothing else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BareTokenPair)]
pub struct BarePairView {
    /// The refresh token.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    refresh: Secret,
    /// The access token, a JWT.
    #[serde(serialize_with = "exposed")]
    #[schema(value_type = String)]
    access: Secret,
}

impl From<&TokenPair> for BarePairView {
    fn from(pair: &TokenPair) -> BarePairView {
        BarePairView { refresh: pair.refresh.clone(), access: pair.access.clone() }
    }
}

/// Nothing: the status says it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Empty)]
pub struct EmptyView {}

fn exposed<S: Serializer>(token: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose())
}

fn exposed_or_none<S: Serializer>(
    token: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match token {
        Some(token) => exposed(token, serializer),
        None => serializer.serialize_none(),
    }
}

/// A place where the person is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    id: Uuid,
    device_name: String,
    device_fingerprint: String,
    user_agent: String,
    browser: String,
    os: String,
    /// `desktop`, `mobile`, `bot` or `unknown`.
    device_type: String,
    ip_address: String,
    city: String,
    country: String,
    is_active: bool,
    /// Whether it is the session of this request.
    is_current: bool,
    mfa_verified: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = String, format = DateTime)]
    last_activity_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_rotation_at: Option<Time>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl SessionView {
    pub fn new(session: Session, current: SessionId) -> SessionView {
        SessionView {
            id: session.id.0,
            is_active: session.ended_at.is_none(),
            is_current: session.id == current,
            device_name: session.device_name,
            device_fingerprint: session.device_fingerprint,
            user_agent: session.user_agent,
            browser: session.browser,
            os: session.os,
            device_type: session.device_type,
            ip_address: session.ip_address,
            city: session.city,
            country: session.country,
            mfa_verified: session.mfa_verified,
            created_at: session.created_at,
            last_activity_at: session.last_activity_at,
            last_rotation_at: session.last_rotation_at,
            expires_at: session.expires_at,
        }
    }
}

/// How hard a password is to guess.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasswordStrength {
    /// 0 (at once) to 4 (very hard).
    score: u8,
    warning: Option<String>,
    suggestions: Vec<String>,
}

impl PasswordStrength {
    pub fn new(strength: &Strength, words: &Words) -> PasswordStrength {
        PasswordStrength {
            score: strength.score,
            warning: strength.warning.map(|it| words.say(it)),
            suggestions: strength.suggestions.iter().map(|it| words.say(*it)).collect(),
        }
    }
}
