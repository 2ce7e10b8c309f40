//! The whole body of a request, before anything else is done for it.
//!
//! A body has one time from its first byte to its last, so bytes that trickle in buy none. Until it
//! is whole it costs the client's connection alone, and all bodies in reading on one connection have
//! a number of bytes together, so the streams of HTTP/2 do not multiply what a client may hold.

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
};
use bytes::{Bytes, BytesMut};
use domain::{Code, Problem};
use http_body_util::BodyExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{Edge, load::RETRY_AFTER};
use crate::problem::{self, Result};

/// How many bodies of the largest size may be in reading at once on one connection.
const AT_ONCE: usize = 4;

/// The bytes that bodies in reading may hold on one connection: an extension of its requests.
#[derive(Debug, Clone)]
pub struct Bodies(Arc<Semaphore>);

impl Bodies {
    pub fn of_connection(body_limit: usize) -> Bodies {
        let bytes = body_limit.saturating_mul(AT_ONCE).min(Semaphore::MAX_PERMITS);
        Bodies(Arc::new(Semaphore::new(bytes)))
    }

    /// Room for so many bytes, until it is dropped.
    fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        self.0.clone().try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }
}

/// The request with its body in memory.
pub async fn whole(edge: &Edge, request: Request) -> Result<Request> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let bodies = parts.extensions.remove::<Bodies>();
    let read = timeout(edge.body_timeout.duration(), read(body, edge.body_limit, bodies));
    let bytes = read.await.map_err(|_| Code::RequestTimeout)??;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn read(mut body: Body, limit: usize, bodies: Option<Bodies>) -> Result<Bytes> {
    let (mut whole, mut held) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
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
        if let Some(bodies) = &bodies {
            let more = bodies.room(data.len()).ok_or_else(|| problem::busy(RETRY_AFTER))?;
            match &mut held {
                Some(held) => held.merge(more),
                None => held = Some(more),
            }
        }
        // Copied, as a small frame may keep a large buffer alive.
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

fn incomplete() -> Problem {
    Code::MalformedRequest.because("The body did not arrive in full.")
}
