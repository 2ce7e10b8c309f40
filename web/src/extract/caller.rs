//! Who is calling, by the access token of the request.

use std::sync::Arc;

use app::access::caller::{Caller, authenticate};
use axum::extract::FromRequestParts;
use domain::Code;
use http::request::Parts;

use super::{Bearer, Circumstances};
use crate::{layer::Seen, problem::Refusal, state::WebState};

/// Somebody who is signed in; others are refused.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Caller);

/// Whoever is signed in. A token that does not count is none.
#[derive(Debug, Clone)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequestParts<WebState> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        let Bearer(token) = Bearer::from_request_parts(parts, web).await?;
        let Circumstances(ctx) = Circumstances::from_request_parts(parts, web).await?;
        let token = token.ok_or(Code::NotAuthenticated)?;
        let caller = authenticate(&web.app, &ctx, &token).await;
        let caller = caller.map_err(Refusal::of_access_token)?;
        if let Some(seen) = parts.extensions.get::<Arc<Seen>>() {
            seen.note_authenticated();
            seen.note_language(&caller.user.profile.language);
        }
        Ok(SignedIn(caller))
    }
}

impl FromRequestParts<WebState> for MaybeCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, Refusal> {
        match SignedIn::from_request_parts(parts, web).await {
            Ok(SignedIn(caller)) => Ok(MaybeCaller(Some(caller))),
            // Broken things are told; a token that is over is what signing out is for.
            Err(refusal) if refusal.problem().code.status() == 401 => Ok(MaybeCaller(None)),
            Err(refusal) => Err(refusal),
        }
    }
}
