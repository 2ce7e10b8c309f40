//! The socket of a connection with timeouts.
//!
//! Reading fails when the [`Deadlines`] of the connection have passed, and writing when the client
//! has read nothing for the timeout of answers. Timers are set only while the socket is not ready,
//! and moved only to an earlier time, so on a busy connection they cost a comparison.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::deadlines::{Deadlines, Verdict, after};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub struct TimedStream {
    stream: TcpStream,
    deadlines: Arc<Deadlines>,
    version: Version,
    /// The client has read nothing since.
    blocked_since: Option<Instant>,
    reading: Timer,
    writing: Timer,
}

/// The version of HTTP, by the first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Only the first bytes of the HTTP/2 preface have arrived: their number.
    Unknown(usize),
    Http1,
    Http2,
}

impl TimedStream {
    pub fn new(stream: TcpStream, deadlines: Arc<Deadlines>) -> TimedStream {
        TimedStream {
            stream,
            deadlines,
            version: Version::Unknown(0),
            blocked_since: None,
            reading: Timer::default(),
            writing: Timer::default(),
        }
    }

    fn note_read(&mut self, bytes: &[u8]) {
        if let Version::Unknown(known) = self.version {
            self.version = recognised(known, bytes);
            if self.version == Version::Http2 {
                self.deadlines.note_http2(Instant::now());
            }
        }
        // Empty lines before a request are ignored (RFC 9112, section 2.2).
        if self.version != Version::Http2 && bytes.iter().any(|it| !matches!(it, b'\r' | b'\n')) {
            self.deadlines.note_bytes(Instant::now);
        }
    }

    /// Ready with an error once the deadline has passed.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            let now = Instant::now();
            let verdict = match self.blocked_since {
                None => self.deadlines.check(now),
                // A client that does not read is not idle, and writing has its own timeout.
                Some(_) => Verdict::Wait(self.deadlines.next_check(now)),
            };
            match verdict {
                Verdict::Wait(until) => ready!(self.reading.poll(cx, until)),
                Verdict::Cut => return Poll::Ready(io::ErrorKind::TimedOut.into()),
            }
        }
    }

    fn noted_write(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.blocked_since = None;
            return written;
        }
        loop {
            let now = Instant::now();
            let since = *self.blocked_since.get_or_insert(now);
            let until = after(since, self.deadlines.timeouts.answer);
            if until <= now {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            ready!(self.writing.poll(cx, until));
        }
    }
}

fn recognised(known: usize, bytes: &[u8]) -> Version {
    let expected = PREFACE.get(known..).unwrap_or_default();
    let common = bytes.iter().zip(expected).take_while(|(one, other)| one == other).count();
    match common {
        it if it == expected.len() => Version::Http2,
        it if it == bytes.len() => Version::Unknown(known.saturating_add(it)),
        _ => Version::Http1,
    }
}

impl AsyncRead for TimedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if let Some(bytes) = buffer.filled().get(before..).filter(|it| !it.is_empty()) {
                self.note_read(bytes);
            }
            return Poll::Ready(outcome);
        }
        self.poll_deadline(cx).map(Err)
    }
}

impl AsyncWrite for TimedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted_write(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, buffers);
        self.noted_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A timer that is created when it is first needed.
#[derive(Debug, Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready at `until`, or earlier where it was set to an earlier time. Then poll again.
    fn poll(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.is_elapsed() || until < sleep.deadline() {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_known_by_the_first_bytes() {
        let whole = |pieces: &[&[u8]]| {
            pieces.iter().fold(Version::Unknown(0), |version, piece| match version {
                Version::Unknown(known) => recognised(known, piece),
                known => known,
            })
        };
        assert_eq!(whole(&[PREFACE]), Version::Http2);
        assert_eq!(whole(&[b"PRI * HTTP/2.0\r\n", b"\r\nSM\r\n\r\n\0\0\0"]), Version::Http2);
        assert_eq!(whole(&[b"P", b"RI"]), Version::Unknown(3));
        assert_eq!(whole(&[b"P", b"OST / HTTP/1.1"]), Version::Http1);
        assert_eq!(whole(&[b"GET"]), Version::Http1);
    }
}
