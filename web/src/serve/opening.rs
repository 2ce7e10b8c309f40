//! A connection whose first bytes must come soon.
//!
//! Until a connection has sent 24 bytes, the length of HTTP/2's preface, it is not known which
//! version it speaks, and neither version's own timer runs. No request that HTTP/1.1 allows is
//! shorter.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

const PREFACE: usize = 24;

/// The connection; reading fails when the time for the first bytes is over.
pub struct Opening {
    stream: TcpStream,
    missing: usize,
    /// None as soon as the first bytes are there or something was answered.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Opening {
    pub fn new(stream: TcpStream, within: Duration) -> Opening {
        Opening { stream, missing: PREFACE, deadline: Some(Box::pin(sleep(within))) }
    }

    fn note_read(&mut self, count: usize) {
        self.missing = self.missing.saturating_sub(count);
        if self.missing == 0 {
            self.deadline = None;
        }
    }
}

impl AsyncRead for Opening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            self.note_read(buffer.filled().len().saturating_sub(before));
            return Poll::Ready(outcome);
        }
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Opening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.deadline = None;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
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
        self.deadline = None;
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
