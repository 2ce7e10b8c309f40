//! The whole body of a request, before anything else is done for it.
//!
//! A body has one time from its first byte to its last, so bytes that trickle in buy none. While it
//! is in reading, it and the head that waits for it hold memory. That is charged from its first
//! moment to everything the client shares: the connection, the client's network, the server. So
//! neither streams of HTTP/2 nor connections nor bodies that never begin multiply what can be held.

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
use domain::{Code, Problem};
use http::{HeaderName, HeaderValue, request::Parts};
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{Edge, load::RETRY_AFTER};
use crate::problem::{self, Refusal, Result};

/// At least what any head is charged, which the parsers of HTTP bound.
pub const LARGEST_HEAD: usize = 48 * 1024;
/// What a request and its stream hold beside the text of the head, and each header beside its own.
const OF_A_REQUEST: usize = 2 * 1024;
const OF_A_HEADER: usize = 100;

/// How many bytes may be held.
pub type Budget = Arc<Semaphore>;

pub fn budget(bytes: usize) -> Budget {
    Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
}

/// The budgets that requests in reading are charged to: an extension of the requests of a
/// connection.
#[derive(Debug, Clone)]
pub struct Bodies(Arc<[Budget]>);

impl Bodies {
    /// `at_once` of the largest requests on this connection, within the budgets it shares.
    pub fn of_connection(
        at_once: usize,
        body_limit: usize,
        shared: impl IntoIterator<Item = Budget>,
    ) -> Bodies {
        let own = budget(body_limit.saturating_add(LARGEST_HEAD).saturating_mul(at_once));
        Bodies(iter::once(own).chain(shared).collect())
    }

    /// Room for so many bytes in every budget, until it is dropped.
    fn room(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes).ok()?;
        let taken = self.0.iter().map(|it| it.clone().try_acquire_many_owned(bytes).ok());
        taken.collect::<Option<_>>().map(Room)
    }
}

/// Whether a body has been read to its end: an extension of the request that it belongs to.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<AtomicBool>);

impl Arrival {
    pub fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What a request in reading is charged.
#[derive(Debug)]
struct Room(Vec<OwnedSemaphorePermit>);

impl Room {
    fn grow(&mut self, more: Room) {
        for (held, more) in self.0.iter_mut().zip(more.0) {
            held.merge(more);
        }
    }
}

/// What a head holds in memory, about.
fn weight(head: &Parts) -> usize {
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        name.as_str().len().saturating_add(value.len()).saturating_add(OF_A_HEADER)
    };
    let target = head.uri.path_and_query().map_or(0, |it| it.as_str().len());
    let fixed = OF_A_REQUEST.saturating_add(target);
    head.headers.iter().map(header).fold(fixed, usize::saturating_add)
}

/// The request with its body in memory.
pub async fn whole(edge: &Edge, request: Request) -> Result<Request> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bodies = parts.extensions.remove::<Bodies>();
    let charge = match &bodies {
        Some(it) => Some((it, it.room(weight(&parts)).ok_or_else(full)?)),
        None => None,
    };
    let read = timeout(edge.body_timeout.duration(), read(body, edge.body_limit, charge));
    let bytes = read.await.map_err(|_| Code::RequestTimeout)??;
    if let Some(arrival) = parts.extensions.remove::<Arrival>() {
        arrival.0.store(true, Ordering::Release);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn read(mut body: Body, limit: usize, mut charge: Option<(&Bodies, Room)>) -> Result<Bytes> {
    let mut whole = BytesMut::new();
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |it| it > limit) {
        return Err(Code::PayloadTooLarge.into());
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| incomplete())?;
        // Trailers say nothing that we read.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit.saturating_sub(whole.len()) {
            return Err(Code::PayloadTooLarge.into());
        }
        if let Some((bodies, held)) = &mut charge {
            held.grow(bodies.room(data.len()).ok_or_else(full)?);
        }
        // Copied, as a small frame may keep a large buffer alive.
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn full() -> Refusal {
    problem::busy(RETRY_AFTER)
}

fn incomplete() -> Problem {
    Code::MalformedRequest.because("The body did not arrive in full.")
}
