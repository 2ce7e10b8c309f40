//! Hearing of sessions that ended and users who changed elsewhere: on another node, in a worker,
//! by the command line.

use domain::{SessionId, Time, UserId};
use store::{Db, revocations::Revocation};

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

/// Announces that signing keys changed, in the transaction that changes them.
pub async fn keys(db: &Db, now: Time) -> store::Result<()> {
    store::revocations::insert(db, None, None, now).await
}

/// After the transaction: others reload their keys sooner than they would ask.
pub fn announced_keys(app: &App) {
    app.publish(CHANNEL);
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
        let (asked, heard) = (app.clock.reading(), app.lookaside.heard());
        let unit = async move |db: Db| store::revocations::after(&db, heard, BATCH).await;
        let revocations = app.store.get(unit).await?;
        // A gap is what was swept before this process heard of it: it may have been about keys.
        let has_gap = revocations.first().is_some_and(|it| it.sequence > heard + 1)
            || app.lookaside.was_deaf(asked.now);
        let of_keys = |it: &Revocation| it.session_id.is_none() && it.user_id.is_none();
        if has_gap || revocations.iter().any(of_keys) {
            app.keys.reload().await?;
        }
        app.lookaside.hear(&revocations, asked);
        if i64::try_from(revocations.len()).unwrap_or(BATCH) < BATCH {
            return Ok(());
        }
    }
}
