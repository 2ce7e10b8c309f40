//! A registration: the body of the operation, and the form on the page of an invitation.

use app::account::registration::Registration;
use domain::Secret;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::extract::lenient_bool;

/// An account to be made. Which fields are required beside the first two is
/// `registration.required_fields`.
#[derive(Deserialize, ToSchema)]
pub struct RegisterRequest {
    #[schema(required, example = "anna@example.com")]
    email: Option<String>,
    #[schema(required, value_type = String, format = Password)]
    password: Option<Secret>,
    /// Must equal `password` where it is present.
    #[serde(alias = "confirm_password", alias = "password2")]
    #[schema(value_type = Option<String>, format = Password)]
    password_confirm: Option<Secret>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// A second name to sign in with.
    username: Option<String>,
    /// With its country, as `+4930901820`.
    phone_number: Option<String>,
    #[serde(default, deserialize_with = "lenient_bool")]
    terms_accepted: Option<bool>,
    #[serde(default, deserialize_with = "lenient_bool")]
    privacy_policy_accepted: Option<bool>,
    /// The person's own data, an object.
    #[schema(value_type = Option<Object>)]
    user_metadata: Option<Value>,
    /// The token of an invitation; the address is proved by it, and may be left out.
    #[schema(value_type = Option<String>)]
    invitation_token: Option<Secret>,
    /// For apps: the S256 hash (RFC 7636) of a `code_verifier` that the app shows when it verifies
    /// the address, to be signed in by that.
    code_challenge: Option<String>,
}

impl From<RegisterRequest> for Registration {
    fn from(it: RegisterRequest) -> Registration {
        Registration {
            email: it.email,
            password: it.password,
            password_confirm: it.password_confirm,
            first_name: it.first_name,
            last_name: it.last_name,
            username: it.username,
            phone_number: it.phone_number,
            terms_accepted: it.terms_accepted,
            privacy_policy_accepted: it.privacy_policy_accepted,
            user_metadata: it.user_metadata,
            code_challenge: it.code_challenge,
            invitation_token: it.invitation_token,
            idempotency_key: None,
        }
    }
}
