//! Hearing of sessions that ended and users who changed elsewhere: on another node, in a worker,
//! by the command line.

use domain::{SessionId, Time, UserId};
use store::Db;

use crate::{App, Result};

/// How many are read at once.
const BATCH: i64 = 1_000;
/// What wakes the other nodes' polls.
pub const CHANNEL: &str = "revocations";

/// Announces that a session ended, in the transaction that ends it.
pub async fn session(db: &Db, id: SessionId, now: Time) -> store::Result<()> {
    store::revocations::insert(db, Some(id), None, now).await
}

/// Announces that a user changed, in the transaction that changes it.
pub async fn user(db: &Db, id: UserId, now: Time) -> store::Result<()> {
    store::revocations::insert(db, None, Some(id), now).await
}

/// After the transaction: forgets here at once, and lets the others know sooner than they would ask.
pub fn announced(app: &App, sessions: &[SessionId], user: Option<UserId>) {
    for id in sessions {
        app.lookaside.forget_session(*id);
    }
    if let Some(id) = user {
        app.lookaside.forget_user(id);
    }
    if !sessions.is_empty() || user.is_some() {
        app.publish(CHANNEL);
    }
}

/// Hears of what was revoked since the last time.
pub async fn hear(app: &App) -> Result<()> {
    loop {
        let (asked_at, heard) = (app.clock.now(), app.lookaside.heard());
        let unit = async move |db: Db| store::revocations::after(&db, heard, BATCH).await;
        let revocations = app.store.get(unit).await?;
        app.lookaside.hear(&revocations, asked_at);
        if i64::try_from(revocations.len()).unwrap_or(BATCH) < BATCH {
            return Ok(());
        }
    }
}
