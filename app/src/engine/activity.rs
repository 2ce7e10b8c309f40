//! Records the use of sessions, in the background and in batches. A lost record only makes the
//! detection of reused refresh tokens more lenient.

use domain::{SessionId, Time};
use store::{Db, Store};
use tokio::sync::{mpsc, oneshot};

/// The maximum number of waiting records. More are dropped, and recorded with the next request.
const QUEUE: usize = 4_096;
const BATCH: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Use {
    session: SessionId,
    generation: i64,
    at: Time,
}

enum Message {
    Use(Use),
    /// Answered after everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Records uses.
pub struct Activity(mpsc::Sender<Message>);

/// The receiver. [`UseWriter::write`] runs as a background task.
pub struct UseWriter(mpsc::Receiver<Message>);

pub fn channel() -> (Activity, UseWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Activity(sender), UseWriter(receiver))
}

impl Activity {
    /// Returns false if the queue is full.
    pub fn record(&self, session: SessionId, generation: i64, at: Time) -> bool {
        self.0.try_send(Message::Use(Use { session, generation, at })).is_ok()
    }

    /// Waits until everything recorded so far is written.
    pub async fn flush(&self) {
        let (reply, answer) = oneshot::channel();
        if self.0.send(Message::Flush(reply)).await.is_ok() {
            // The writer only ends with the server.
            drop(answer.await);
        }
    }
}

impl UseWriter {
    /// Writes records until every [`Activity`] is dropped, or until `stop`.
    pub async fn write(mut self, store: Store, stop: tokio_util::sync::CancellationToken) {
        let mut messages = Vec::with_capacity(BATCH);
        loop {
            let received = tokio::select! {
                biased;
                count = self.0.recv_many(&mut messages, BATCH) => count,
                () = stop.cancelled() => 0,
            };
            if received == 0 {
                return;
            }
            write(&store, &mut messages).await;
        }
    }
}

async fn write(store: &Store, messages: &mut Vec<Message>) {
    let mut uses: Vec<Use> = messages
        .iter()
        .filter_map(|it| if let Message::Use(it) = it { Some(*it) } else { None })
        .collect();
    // Sorted, so that two nodes that write the same sessions do not deadlock.
    uses.sort_by_key(|it| it.session);
    let unit = async move |db: Db| {
        for it in uses {
            store::sessions::record_shown(&db, it.session, it.generation, it.at).await?;
        }
        Ok(())
    };
    if let Err(error) = store.write(unit).await {
        tracing::warn!(%error, "the use of sessions could not be written");
    }
    for message in messages.drain(..) {
        if let Message::Flush(reply) = message {
            // The caller may have stopped waiting.
            let _ = reply.send(());
        }
    }
}
