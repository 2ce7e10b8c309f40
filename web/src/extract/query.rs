//! The query string as a type.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{fields, form};
use crate::problem::Refusal;

/// The query string, parsed like a form.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let texts = form::parse(parts.uri.query().unwrap_or_default().as_bytes())?;
        Ok(Query(fields::parse_texts(texts)?))
    }
}
