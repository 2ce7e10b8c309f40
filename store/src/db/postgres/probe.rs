//! Checks the server at the start: whether it is fit for the program, and whether there is a pooler
//! in front of it.
//!
//! A pooler is recognized by the process id that a new connection is told. The server tells the id
//! of the process that serves the connection; poolers make one up, as they serve it with many.

use std::{
    future::{Ready, ready},
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use domain::settings::PoolMode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    Client, SimpleQueryMessage,
    tls::{ChannelBinding, TlsConnect, TlsStream},
};

use super::{Mode, error::ONLY_READS, meaning};
use crate::db::{Error, Result};

/// The oldest version whose SQL has all that is used.
const OLDEST: i64 = 13;

const PROBE: &str =
    "SELECT current_setting('server_encoding'), current_setting('server_version_num'),
    current_setting('transaction_read_only'), pg_backend_pid()";

/// Fails if the server is not fit. It uses simple queries only, which every pooler understands.
pub(super) async fn probe(client: &Client, mode: PoolMode) -> Result<Mode> {
    let answer = client.simple_query(PROBE).await.map_err(meaning)?;
    let row = answer.iter().find_map(|it| match it {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |index| row.and_then(|it| it.try_get(index).ok().flatten()).unwrap_or_default();
    fit(column(0), column(1))?;
    if column(2) == "on" {
        return Err(Error::Unavailable(ONLY_READS.into()));
    }
    // In two messages: a pooler in statement mode refuses a transaction that outlasts one.
    client.batch_execute("BEGIN").await.map_err(|error| match error.is_closed() {
        // It tells why, but closes the connection before the end of its answer, which the driver
        // drops.
        true => Error::Unsuitable {
            what: "the connection ends at BEGIN, as with a pooler that allows no transactions"
                .into(),
            remedy: "set pool_mode = transaction, or session, in PgBouncer",
        },
        false => meaning(error),
    })?;
    client.batch_execute("ROLLBACK").await.map_err(meaning)?;
    Ok(match mode {
        PoolMode::Session => Mode::Session,
        PoolMode::Transaction => Mode::Transaction,
        PoolMode::Auto if served_by(client).await? == column(3).parse().ok() => Mode::Session,
        PoolMode::Auto => Mode::Transaction,
    })
}

fn fit(encoding: &str, version: &str) -> Result<()> {
    if encoding != "UTF8" {
        return Err(Error::Unsuitable {
            what: format!("the database has the encoding {encoding}, and only UTF8 is supported"),
            remedy: "create another one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and \
                     move what this one holds with pg_dump",
        });
    }
    match version.parse::<i64>() {
        Ok(number) if number / 10_000 >= OLDEST => Ok(()),
        _ => Err(Error::Unsuitable {
            what: format!("the server has the version {version:?}, which is too old"),
            remedy: "use PostgreSQL 13 or newer",
        }),
    }
}

/// The process id that the connection was told at its start.
async fn served_by(client: &Client) -> Result<Option<i32>> {
    // The driver tells it only in a cancel request, which is recorded and sent to nobody.
    let recorder = Recorder::default();
    client.cancel_token().cancel_query_raw(recorder.clone(), Plain).await.map_err(meaning)?;
    let written = recorder.0.lock().unwrap_or_else(PoisonError::into_inner);
    // The request ends with the id and a secret, of four bytes each.
    let id = written.len().checked_sub(8).and_then(|at| written.get(at..at + 4));
    Ok(id.and_then(|it| it.try_into().ok()).map(i32::from_be_bytes))
}

/// A stream that keeps what is written to it. It accepts a request for TLS.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<u8>>>);

/// TLS that encrypts nothing, as nothing leaves the process.
struct Plain;

impl TlsConnect<Recorder> for Plain {
    type Stream = Recorder;
    type Error = io::Error;
    type Future = Ready<io::Result<Recorder>>;

    fn connect(self, stream: Recorder) -> Self::Future {
        ready(Ok(stream))
    }
}

impl TlsStream for Recorder {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Recorder {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        read: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        read.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfit_servers_are_refused() {
        assert_eq!(fit("UTF8", "130000"), Ok(()));
        assert_eq!(fit("UTF8", "180001"), Ok(()));
        for (encoding, version, told) in [
            ("LATIN1", "150000", "LATIN1"),
            ("SQL_ASCII", "150000", "SQL_ASCII"),
            ("UTF8", "120022", "120022"),
            ("UTF8", "", "version"),
        ] {
            let Err(Error::Unsuitable { what, remedy }) = fit(encoding, version) else {
                panic!("{encoding} {version}")
            };
            assert!(what.contains(told) && !remedy.is_empty(), "{what}");
        }
    }
}
