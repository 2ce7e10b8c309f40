//! Notes that sessions were used: written behind the request, all that came together in one
//! transaction. Losing one only makes the rule for lost answers milder.

use domain::{SessionId, Time};
use store::{Db, Store};
use tokio::sync::{mpsc, oneshot};

/// How many may wait; more are dropped and noted with the next request.
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
    /// Answered once everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// Where uses are noted.
pub struct Activity(mpsc::Sender<Message>);

/// The other end: [`UseWriter::write`] is a task of the server.
pub struct UseWriter(mpsc::Receiver<Message>);

pub fn channel() -> (Activity, UseWriter) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (Activity(sender), UseWriter(receiver))
}

impl Activity {
    /// False when there is no room.
    pub fn record(&self, session: SessionId, generation: i64, at: Time) -> bool {
        self.0.try_send(Message::Use(Use { session, generation, at })).is_ok()
    }

    /// Waits until everything noted so far is written.
    pub async fn flush(&self) {
        let (reply, answer) = oneshot::channel();
        if self.0.send(Message::Flush(reply)).await.is_ok() {
            // The writer is gone only when the server is.
            drop(answer.await);
        }
    }
}

impl UseWriter {
    /// Writes what is noted until every [`Activity`] is gone or `stop` comes.
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
    // Two nodes that note uses of the same sessions must not wait for each other.
    uses.sort_by_key(|it| it.session);
    let unit = async move |db: Db| {
        for it in uses {
            store::sessions::record_shown(&db, it.session, it.generation, it.at).await?;
        }
        Ok(())
    };
    if let Err(error) = store.write(unit).await {
        tracing::warn!(%error, "the use of sessions could not be noted");
    }
    for message in messages.drain(..) {
        if let Message::Flush(reply) = message {
            // Whoever asked may have stopped waiting.
            let _ = reply.send(());
        }
    }
}
