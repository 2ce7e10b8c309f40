//! Limits how many requests run at the same time, and for how long.
//!
//! A request takes a permit once its body has been read, so slow clients hold none. A request that
//! continues after its deadline keeps its permit.
//!
//! Requests with unsafe methods run to their end in a task of their own, even if the client hangs up
//! or the deadline passes. So closing the socket does not undo a failed attempt, and shutdown waits
//! for them.

use std::{panic::resume_unwind, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{Code, Span};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tracing::Instrument as _;

use super::{LayerState, body, is_for_operations};
use crate::problem::{self, Result};

/// When to retry after the server was overloaded.
pub const RETRY_AFTER: Span = Span::seconds(1);

pub async fn limit(State(state): State<Arc<LayerState>>, request: Request, next: Next) -> Response {
    match run(&state, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn run(state: &LayerState, request: Request, next: Next) -> Result<Response> {
    let request = body::read_body(state, request).await?;
    let permit = permit(state, &request)?;
    let is_safe = request.method().is_safe();
    let limit = state.request_timeout.duration();
    let work = async move {
        let response = next.run(request).await;
        drop(permit);
        response
    };
    if is_safe {
        return timeout(limit, work).await.map_err(|_| Code::Timeout.into());
    }
    let task = state.tracker.spawn(work.in_current_span());
    match timeout(limit, task).await {
        Err(_) => Err(Code::Timeout.into()),
        Ok(Ok(response)) => Ok(response),
        Ok(Err(failed)) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Tasks are cancelled only when the server stops.
            Err(_) => Err(problem::busy(RETRY_AFTER)),
        },
    }
}

/// Fails at once where no permit is free.
fn permit(state: &LayerState, request: &Request) -> Result<Option<OwnedSemaphorePermit>> {
    if is_for_operations(request.uri().path()) {
        return Ok(None);
    }
    let permit = state.permits.clone().try_acquire_owned();
    permit.map(Some).map_err(|_| problem::busy(RETRY_AFTER))
}
