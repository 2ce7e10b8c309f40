//! The `Idempotency-Key` header.

use axum::extract::FromRequestParts;
use domain::{Code, say};
use http::request::Parts;

use crate::problem::Refusal;

/// The header's name, as the description of the API has it.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The key, if the client sent one. Operations with this extractor list `params(IdempotencyKey)`,
/// which also adds its problems to the description of the API.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Some(value) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(IdempotencyKey(None));
        };
        let unreadable =
            || Code::MalformedRequest.because(say!("The Idempotency-Key is not readable."));
        let text = value.to_str().map_err(|_| unreadable())?;
        Ok(IdempotencyKey(Some(text.to_owned())))
    }
}
