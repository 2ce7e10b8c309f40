//! The context of a request for use cases.

use std::sync::Arc;

use app::Ctx;
use axum::extract::FromRequestParts;
use domain::session::refresh::Holder;
use http::request::Parts;

use crate::{cookies, layer::RequestContext, problem::Refusal, state::WebState};

/// The context that use cases take.
#[derive(Debug, Clone)]
pub struct Context(pub Ctx);

/// Whether a page in a browser sent the request, whose scripts can read the answer.
#[derive(Debug, Clone, Copy)]
pub struct FromPage(pub bool);

impl FromPage {
    /// Who presents the refresh token of the request.
    pub const fn holder(self) -> Holder {
        match self.0 {
            true => Holder::Page,
            false => Holder::Program,
        }
    }
}

impl FromRequestParts<WebState> for Context {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let context = request_context(parts)?;
        let mut devices = cookies::values(&parts.headers, cookies::DEVICE);
        Ok(Context(Ctx {
            now: context.now,
            request_id: context.request_id.clone(),
            client: context.client.clone(),
            device: devices.find_map(|cookie| web.device(cookie)),
            language: context.accepted_language(),
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for FromPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(FromPage(request_context(parts)?.is_from_page))
    }
}

pub(super) fn request_context(parts: &Parts) -> Result<&Arc<RequestContext>, Refusal> {
    let context = parts.extensions.get::<Arc<RequestContext>>();
    context.ok_or_else(|| Refusal::broken("a request went past the outermost layer"))
}
