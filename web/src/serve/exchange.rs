//! A request and its answer, as the [`Pace`] of their connection sees them: from the whole head to
//! the last piece of the answer that was handed over.

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

use super::pace::Pace;
use crate::layer::Arrival;

/// From the head to the end of the answer, or until the client is gone.
#[derive(Debug)]
pub struct Exchange {
    pace: Arc<Pace>,
    is_answered: bool,
    /// Of the request's body, if it has one.
    arrival: Option<Arrival>,
}

impl Exchange {
    pub fn begin(pace: Arc<Pace>) -> Exchange {
        pace.note_request(Instant::now());
        Exchange { pace, is_answered: false, arrival: None }
    }

    /// The request has a body.
    pub fn body(&mut self) -> Arrival {
        self.arrival.get_or_insert_default().clone()
    }

    /// The answer, which ends the exchange when it is dropped.
    pub fn answered(
        mut self,
        response: Response<Body>,
        version: http::Version,
    ) -> Response<Answer> {
        self.pace.note_answer(Instant::now());
        self.is_answered = true;
        let mut response = response.map(|body| Answer { body, rest: Bytes::new(), exchange: self });
        // What the layers say of the connection is HTTP/1's way to say it.
        if version == http::Version::HTTP_2 {
            if response.headers_mut().remove(header::CONNECTION).is_some_and(|it| it == "close") {
                response.body().exchange.pace.end();
            }
        } else if response.body().exchange.arrival.as_ref().is_some_and(|it| !it.is_whole()) {
            // What is left of the body is in the way of the next request, so hyper closes the
            // connection. A client that does not know may have sent that already.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.pace.note_over(self.is_answered, Instant::now());
    }
}

/// The largest piece. What is handed over is out of sight: hyper takes the next piece of an answer
/// only where the client has room for it.
const PIECE: usize = 16 * 1024;

/// The body of an answer, in pieces.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    /// What the body has given and nobody has taken yet.
    rest: Bytes,
    exchange: Exchange,
}

impl hyper::body::Body for Answer {
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
        self.exchange.pace.note_piece(Instant::now());
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

    use super::{super::pace::Patience, *};

    #[tokio::test]
    async fn an_answer_is_handed_over_in_pieces() {
        let patience = Duration::from_secs(1);
        let patience = Patience { head: patience, idle: patience, answer: patience };
        let exchange = Exchange::begin(Arc::new(Pace::new(patience, Instant::now())));
        let whole: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PIECE + 1).collect();
        let response = Response::new(Body::from(whole.clone()));
        let mut answer = exchange.answered(response, http::Version::HTTP_2).into_body();
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
