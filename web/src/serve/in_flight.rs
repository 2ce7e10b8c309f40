//! A request in flight, from its complete head to the last piece of its answer, reported to the
//! [`Deadlines`] of the connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, header};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::deadlines::Deadlines;
use crate::layer::BodyProgress;

/// Exists from the head to the end of the answer, or until the client has disconnected.
#[derive(Debug)]
pub struct InFlight {
    deadlines: Arc<Deadlines>,
    is_answered: bool,
    /// If the request has a body.
    body_progress: Option<BodyProgress>,
}

impl InFlight {
    pub fn begin(deadlines: Arc<Deadlines>) -> InFlight {
        deadlines.note_request(Instant::now());
        InFlight { deadlines, is_answered: false, body_progress: None }
    }

    /// Marks that the request has a body.
    pub fn body(&mut self) -> BodyProgress {
        self.body_progress.get_or_insert_default().clone()
    }

    /// Wraps the answer. The request ends when it is dropped.
    pub fn answered(
        mut self,
        response: Response<Body>,
        version: http::Version,
    ) -> Response<AnswerBody> {
        self.deadlines.note_answer(Instant::now());
        self.is_answered = true;
        let mut response =
            response.map(|body| AnswerBody { body, rest: Bytes::new(), in_flight: self });
        // HTTP/2 has no `Connection` header (RFC 9113, section 8.2.2).
        if version == http::Version::HTTP_2 {
            if response.headers_mut().remove(header::CONNECTION).is_some_and(|it| it == "close") {
                response.body().in_flight.deadlines.end();
            }
        } else if response
            .body()
            .in_flight
            .body_progress
            .as_ref()
            .is_some_and(|it| !it.is_complete())
        {
            // Hyper closes a connection on which a body was not read to its end. The client must know
            // that before it sends the next request.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.deadlines.note_over(self.is_answered, Instant::now());
    }
}

/// The largest piece of an answer. Hyper takes the next piece only where the client has room for it,
/// so small pieces show the progress of the client.
const PIECE: usize = 16 * 1024;

/// The body of an answer, in pieces.
#[derive(Debug)]
pub struct AnswerBody {
    body: Body,
    /// The part of a frame that has not been taken yet.
    rest: Bytes,
    in_flight: InFlight,
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut frame = None;
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|it| it.map(Frame::into_data))
            {
                Some(Ok(Ok(data))) if data.len() > PIECE => self.rest = data,
                Some(Ok(Ok(data))) => frame = Some(Ok(Frame::data(data))),
                Some(Ok(Err(other))) => frame = Some(Ok(other)),
                Some(Err(error)) => frame = Some(Err(error)),
                None => {}
            }
        }
        if !self.rest.is_empty() {
            let length = self.rest.len().min(PIECE);
            frame = Some(Ok(Frame::data(self.rest.split_to(length))));
        }
        self.in_flight.deadlines.note_piece(Instant::now());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(of_body.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt as _;
    use hyper::body::Body as _;

    use super::{super::deadlines::Timeouts, *};

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces() {
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { head: second, idle: second, answer: second };
        let in_flight = InFlight::begin(Arc::new(Deadlines::new(timeouts, Instant::now())));
        let whole: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PIECE + 1).collect();
        let response = Response::new(Body::from(whole.clone()));
        let mut answer = in_flight.answered(response, http::Version::HTTP_2).into_body();
        let mut taken = Vec::new();
        for length in [PIECE, PIECE, 1] {
            assert_eq!(answer.size_hint().exact(), Some((whole.len() - taken.len()) as u64));
            assert!(!answer.is_end_stream());
            let piece = answer.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(piece.len(), length);
            taken.extend_from_slice(&piece);
        }
        assert!(answer.is_end_stream() && answer.frame().await.is_none());
        assert_eq!(taken, whole);
    }
}
