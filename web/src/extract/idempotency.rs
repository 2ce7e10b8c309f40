//! The `Idempotency-Key` header.

use axum::extract::FromRequestParts;
use domain::Code;
use http::request::Parts;

use crate::problem::Refusal;

/// What makes a repetition of the request known, if it was sent.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(IdempotencyKey(None));
        };
        let unreadable = || Code::MalformedRequest.because("The Idempotency-Key is not readable.");
        let text = value.to_str().map_err(|_| unreadable())?;
        Ok(IdempotencyKey(Some(text.to_owned())))
    }
}
