//! Who asks, from where and when.

use std::sync::Arc;

use app::Ctx;
use axum::extract::FromRequestParts;
use domain::session::refresh::Holder;
use http::request::Parts;

use crate::{cookies, layer::Seen, problem::Refusal, state::WebState};

/// The circumstances of the request, for a use case.
#[derive(Debug, Clone)]
pub struct Circumstances(pub Ctx);

/// Whether a page in a browser sent the request, so that its scripts would see the answer.
#[derive(Debug, Clone, Copy)]
pub struct FromPage(pub bool);

impl FromPage {
    /// Who presents a refresh token by it.
    pub const fn holder(self) -> Holder {
        match self.0 {
            true => Holder::Page,
            false => Holder::Program,
        }
    }
}

impl FromRequestParts<WebState> for Circumstances {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let seen = seen(parts)?;
        let mut devices = cookies::values(&parts.headers, cookies::DEVICE);
        Ok(Circumstances(Ctx {
            now: seen.now,
            request_id: seen.request_id.clone(),
            client: seen.client.clone(),
            device: devices.find_map(|cookie| web.device(cookie)),
            language: seen.asked_language(),
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FromPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(FromPage(seen(parts)?.is_from_page))
    }
}

pub(super) fn seen(parts: &Parts) -> Result<&Arc<Seen>, Refusal> {
    let seen = parts.extensions.get::<Arc<Seen>>();
    seen.ok_or_else(|| Refusal::broken("a request went past the outermost layer"))
}
