//! Reads the whole body of a request before any other work is done for it.
//!
//! One timeout covers the whole body, so a client gains nothing by sending it byte by byte. While a
//! body is being read, it and its head use memory. This memory is counted from the start against
//! the budgets of the connection, the client's network and the server. So HTTP/2 streams, many
//! connections and bodies that never begin cannot exceed them.

use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
};
use bytes::{Bytes, BytesMut};
use domain::{Code, Problem, say};
use http::{HeaderName, HeaderValue, request::Parts};
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{LayerState, load::RETRY_AFTER};
use crate::problem::{self, Refusal, Result};

/// An upper bound of the size of a head, which the HTTP parsers enforce.
pub const MAX_HEAD: usize = 48 * 1024;
/// Memory of a request and its stream beside the text of the head, and of a header beside its text.
const REQUEST_OVERHEAD: usize = 2 * 1024;
const HEADER_OVERHEAD: usize = 100;

/// A number of bytes that can be reserved.
pub type Budget = Arc<Semaphore>;

pub fn budget(bytes: usize) -> Budget {
    Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
}

/// The budgets that count while bodies are read, as an extension of the requests of a connection.
#[derive(Debug, Clone)]
pub struct BodyBudgets(Arc<[Budget]>);

impl BodyBudgets {
    /// Allows `at_once` requests of the largest size on this connection, within the shared budgets.
    pub fn for_connection(
        at_once: usize,
        body_limit: usize,
        shared: impl IntoIterator<Item = Budget>,
    ) -> BodyBudgets {
        let own = budget(body_limit.saturating_add(MAX_HEAD).saturating_mul(at_once));
        BodyBudgets(iter::once(own).chain(shared).collect())
    }

    /// Reserves bytes in every budget, until the reservation is dropped.
    fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let bytes = u32::try_from(bytes).ok()?;
        let taken = self.0.iter().map(|it| it.clone().try_acquire_many_owned(bytes).ok());
        taken.collect::<Option<_>>().map(Reservation)
    }
}

/// Whether the body has been read to its end, as an extension of its request.
#[derive(Debug, Clone, Default)]
pub struct BodyProgress(Arc<AtomicBool>);

impl BodyProgress {
    pub fn is_complete(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The bytes reserved for a request whose body is being read.
#[derive(Debug)]
struct Reservation(Vec<OwnedSemaphorePermit>);

impl Reservation {
    fn grow(&mut self, more: Reservation) {
        for (held, more) in self.0.iter_mut().zip(more.0) {
            held.merge(more);
        }
    }
}

/// Approximate memory of a head.
fn head_size(head: &Parts) -> usize {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        name.as_str().len().saturating_add(value.len()).saturating_add(HEADER_OVERHEAD)
    };
    let target = head.uri.path_and_query().map_or(0, |it| it.as_str().len());
    let fixed = REQUEST_OVERHEAD.saturating_add(target);
    head.headers.iter().map(header).fold(fixed, usize::saturating_add)
}

/// Returns the request with its body in memory.
pub async fn read_body(state: &LayerState, request: Request) -> Result<Request> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bodies = parts.extensions.remove::<BodyBudgets>();
    let charge = match &bodies {
        Some(it) => Some((it, it.reserve(head_size(&parts)).ok_or_else(over_budget)?)),
        None => None,
    };
    let read = timeout(state.body_timeout.duration(), read(body, state.body_limit, charge));
    let bytes = read.await.map_err(|_| Code::RequestTimeout)??;
    if let Some(progress) = parts.extensions.remove::<BodyProgress>() {
        progress.0.store(true, Ordering::Release);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn read(
    mut body: Body,
    limit: usize,
    mut charge: Option<(&BodyBudgets, Reservation)>,
) -> Result<Bytes> {
    let mut whole = BytesMut::new();
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |it| it > limit) {
        return Err(Code::PayloadTooLarge.into());
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| incomplete())?;
        // Trailers are ignored.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit.saturating_sub(whole.len()) {
            return Err(Code::PayloadTooLarge.into());
        }
        if let Some((bodies, held)) = &mut charge {
            held.grow(bodies.reserve(data.len()).ok_or_else(over_budget)?);
        }
        // Copied, because a small frame may keep a large buffer alive.
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn over_budget() -> Refusal {
    problem::busy(RETRY_AFTER)
}

fn incomplete() -> Problem {
    Code::MalformedRequest.because(say!("The body did not arrive in full."))
}
