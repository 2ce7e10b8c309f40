//! Polls revocations: sessions that ended, users and keys that changed in another process.

use store::{Db, revocations::Revocation};

use crate::{App, Result};

/// The number of rows per query.
const BATCH: i64 = 1_000;

/// Applies all revocations since the last poll.
pub async fn poll_revocations(app: &App) -> Result<()> {
    loop {
        let (asked, last) = (app.clock.reading(), app.lookaside.last_sequence());
        let unit = async move |db: Db| store::revocations::after(&db, last, BATCH).await;
        let revocations = app.store.get(unit).await?;
        // In a gap, rows were deleted before this process read them. They may have been about keys.
        let has_gap = revocations.first().is_some_and(|it| it.sequence > last + 1)
            || app.lookaside.may_have_missed_any(asked.now);
        let of_keys = |it: &Revocation| it.session_id.is_none() && it.user_id.is_none();
        if has_gap || revocations.iter().any(of_keys) {
            app.keys.reload().await?;
        }
        app.lookaside.apply(&revocations, asked);
        if i64::try_from(revocations.len()).unwrap_or(BATCH) < BATCH {
            return Ok(());
        }
    }
}
