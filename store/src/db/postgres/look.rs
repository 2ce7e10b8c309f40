//! A look at the server before anything is done with it: whether it is fit for the program, and
//! whether a pooler stands before it.
//!
//! A pooler is known by the process that it says a connection is served by. The server names the
//! process that really does; poolers make one up, as they serve a connection by many.

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

const LOOK: &str =
    "SELECT current_setting('server_encoding'), current_setting('server_version_num'),
    current_setting('transaction_read_only'), pg_backend_pid()";

/// Fails where the server is not fit. In simple queries alone, which every pooler understands.
pub(super) async fn look(client: &Client, mode: PoolMode) -> Result<Mode> {
    let answer = client.simple_query(LOOK).await.map_err(meaning)?;
    let row = answer.iter().find_map(|it| match it {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |index| row.and_then(|it| it.try_get(index).ok().flatten()).unwrap_or_default();
    fit(column(0), column(1))?;
    if column(2) == "on" {
        return Err(Error::Unavailable(ONLY_READS.into()));
    }
    // Apart from each other: a pooler in statement mode refuses what is open after a message.
    client.batch_execute("BEGIN").await.map_err(|error| match error.is_closed() {
        // It says why, but hangs up before the end of its answer, and the driver drops that.
        true => Error::Unsuitable {
            what: "the connection ends with BEGIN, as that of a pooler without transactions".into(),
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
            what: format!(
                "the database has the encoding {encoding}, and only UTF8 holds all names"
            ),
            remedy: "make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and \
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

/// The id of the process that a connection was told it is served by.
async fn served_by(client: &Client) -> Result<Option<i32>> {
    // The driver tells it only within a request to cancel, which is written down and goes nowhere.
    let paper = Paper::default();
    client.cancel_token().cancel_query_raw(paper.clone(), Plain).await.map_err(meaning)?;
    let written = paper.0.lock().unwrap_or_else(PoisonError::into_inner);
    // The request ends with the id and a secret, of four bytes each.
    let id = written.len().checked_sub(8).and_then(|at| written.get(at..at + 4));
    Ok(id.and_then(|it| it.try_into().ok()).map(i32::from_be_bytes))
}

/// Keeps what is written to it. To whoever asks for TLS first it says yes.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

/// TLS that encrypts nothing, as nothing leaves the program.
struct Plain;

impl TlsConnect<Paper> for Plain {
    type Stream = Paper;
    type Error = io::Error;
    type Future = Ready<io::Result<Paper>>;

    fn connect(self, stream: Paper) -> Self::Future {
        ready(Ok(stream))
    }
}

impl TlsStream for Paper {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Paper {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        read: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        read.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paper {
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
    fn only_what_fits_is_taken() {
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
