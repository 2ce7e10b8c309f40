//! How many requests are in work, and for how long.
//!
//! A request is in work once it has arrived whole, so no client holds a place by being slow. What
//! goes on after its answer, because it changes something, keeps its place: it is work still.
//!
//! Whatever changes something runs to its end in a task of its own, even if the client hangs up or
//! the deadline passes: so closing the socket undoes no failed attempt, and shutdown waits for it.

use std::{panic::resume_unwind, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::{Code, Span};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tracing::Instrument as _;

use super::{Edge, body, is_for_operations};
use crate::problem::{self, Result};

/// When to come back to a full server.
pub const RETRY_AFTER: Span = Span::seconds(1);

pub async fn carry(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    match carried(&edge, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn carried(edge: &Edge, request: Request, next: Next) -> Result<Response> {
    let request = body::whole(edge, request).await?;
    let permit = permit(edge, &request)?;
    let is_safe = request.method().is_safe();
    let limit = edge.request_timeout.duration();
    let work = async move {
        let response = next.run(request).await;
        drop(permit);
        response
    };
    if is_safe {
        return timeout(limit, work).await.map_err(|_| Code::Timeout.into());
    }
    let task = edge.tracker.spawn(work.in_current_span());
    match timeout(limit, task).await {
        Err(_) => Err(Code::Timeout.into()),
        Ok(Ok(response)) => Ok(response),
        Ok(Err(failed)) => match failed.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // Tasks are only cancelled when the server stops.
            Err(_) => Err(problem::busy(RETRY_AFTER)),
        },
    }
}

/// A place among the requests in work, at once or not at all.
fn permit(edge: &Edge, request: &Request) -> Result<Option<OwnedSemaphorePermit>> {
    if is_for_operations(request.uri().path()) {
        return Ok(None);
    }
    let permit = edge.permits.clone().try_acquire_owned();
    permit.map(Some).map_err(|_| problem::busy(RETRY_AFTER))
}
