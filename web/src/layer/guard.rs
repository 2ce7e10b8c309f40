//! Refuses requests that no handler should see.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{Code, Problem, say};
use http::header;

use super::{LayerState, is_for_operations, origin};
use crate::{problem::Refusal, site::Site};

pub async fn guard(State(state): State<Arc<LayerState>>, request: Request, next: Next) -> Response {
    match check(&request, &state.site) {
        Ok(()) => next.run(request).await,
        Err(problem) => Refusal::from(problem).into_response(),
    }
}

fn check(request: &Request, site: &Site) -> Result<(), Problem> {
    few_headers(request)?;
    headers_once(request)?;
    host(request, site)?;
    origin::check(request.method(), request.headers(), site)
}

/// The limit of hyper for HTTP/1. Over HTTP/2 a header costs a byte to send and a hundred to keep.
const MAX_HEADERS: usize = 100;

fn few_headers(request: &Request) -> Result<(), Problem> {
    if request.headers().len() <= MAX_HEADERS {
        return Ok(());
    }
    let detail = format!("More than {MAX_HEADERS} headers were sent.");
    Err(Code::MalformedRequest.because_verbatim(detail))
}

/// Two readers of a duplicate header may each use a different value.
const SINGLE: &[&str] = &[
    "authorization",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "origin",
    "x-csrftoken",
    "x-request-id",
];

fn headers_once(request: &Request) -> Result<(), Problem> {
    if request.headers().len() == request.headers().keys_len() {
        return Ok(());
    }
    let count = |name: &&&str| request.headers().get_all(**name).iter().nth(1).is_some();
    match SINGLE.iter().find(count) {
        None => Ok(()),
        Some(name) => {
            Err(Code::MalformedRequest.because_verbatim(format!("{name} was sent twice.")))
        }
    }
}

/// HTTP/2 sends the host as `:authority`, which becomes part of the URI.
fn host(request: &Request, site: &Site) -> Result<(), Problem> {
    if is_for_operations(request.uri().path()) {
        return Ok(());
    }
    let authority = request.uri().authority().map(|it| it.as_str());
    let host = request.headers().get(header::HOST).map(|it| it.to_str().unwrap_or_default());
    let name = match (authority, host) {
        (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other) => {
            return Err(Code::MalformedRequest.because(say!("Two hosts were named.")));
        }
        (one, other) => one.or(other),
    };
    let name = name.ok_or_else(|| Code::MalformedRequest.because(say!("Host is missing.")))?;
    if site.answers_for(name) { Ok(()) } else { Err(Code::MisdirectedRequest.into()) }
}
