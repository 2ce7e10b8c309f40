//! The caller, by the access token of the request.

use std::sync::Arc;

use app::access::caller::{Caller, authenticate};
use axum::extract::FromRequestParts;
use domain::Code;
use http::request::Parts;

use super::{Bearer, Context};
use crate::{layer::RequestContext, problem::Refusal, state::WebState};

/// The authenticated caller. Other requests are refused.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

/// The authenticated caller, if any. An invalid token is ignored.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequestParts<WebState> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let Bearer(token) = Bearer::from_request_parts(parts, web).await?;
        let Context(ctx) = Context::from_request_parts(parts, web).await?;
        let token = token.ok_or(Code::NotAuthenticated)?;
        let caller = authenticate(&web.app, &ctx, &token).await;
        let caller = caller.map_err(Refusal::of_access_token)?;
        if let Some(context) = parts.extensions.get::<Arc<RequestContext>>() {
            context.set_authenticated();
            context.set_preferred_language(&caller.user.profile.language);
        }
        Ok(SignedIn(caller))
    }
}

impl FromRequestParts<WebState> for MaybeCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        match SignedIn::from_request_parts(parts, web).await {
            Ok(SignedIn(caller)) => Ok(MaybeCaller(Some(caller))),
            // Signing out has to work with an expired token.
            Err(refusal) if refusal.problem().code.status() == 401 => Ok(MaybeCaller(None)),
            Err(refusal) => Err(refusal),
        }
    }
}
