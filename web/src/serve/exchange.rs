//! A request and its answer, as the [`Pace`] of their connection sees them: from the whole head to
//! the last piece of the answer that was handed over.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use http::{Response, header};
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::pace::Pace;

/// From the head to the end of the answer, or until the client is gone.
#[derive(Debug)]
pub struct Exchange {
    pace: Arc<Pace>,
    is_answered: bool,
}

impl Exchange {
    pub fn begin(pace: Arc<Pace>) -> Exchange {
        pace.note_request(Instant::now());
        Exchange { pace, is_answered: false }
    }

    /// The answer, which ends the exchange when it is dropped.
    pub fn answered(
        mut self,
        response: Response<Body>,
        version: http::Version,
    ) -> Response<Answer> {
        self.pace.note_answer(Instant::now());
        self.is_answered = true;
        let mut response = response.map(|body| Answer { body, exchange: self });
        // What the layers say of the connection is HTTP/1's way to say it.
        if version == http::Version::HTTP_2
            && response.headers_mut().remove(header::CONNECTION).is_some_and(|it| it == "close")
        {
            response.body().exchange.pace.end();
        }
        response
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.pace.note_over(self.is_answered, Instant::now());
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    exchange: Exchange,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.exchange.pace.note_piece(Instant::now());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
