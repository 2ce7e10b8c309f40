//! Parameters of the path as a type.

use axum::extract::FromRequestParts;
use domain::Code;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Refusal;

/// Parameters of the path. A malformed id is a 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|it| Path(it.0)).map_err(|_| Code::NotFound.into())
    }
}
