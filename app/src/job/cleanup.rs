//! Deletes what is over and nobody needs any more: sessions, single-use tokens, invitations,
//! revocations, signing keys.

use domain::{Span, Time};

use crate::{App, Result, idempotency};

/// How many rows one statement deletes: others must get at the database in between.
const BATCH: u64 = 1_000;
/// Sessions stay visible to their owner for a while after they expired.
const SESSIONS_KEPT: Span = Span::days(30);
const LINKS_KEPT: Span = Span::days(7);
/// Operators may still want to see who did not come.
const INVITATIONS_KEPT: Span = Span::days(30);
/// They name whom they were for, and nobody replays them after a season.
const DEAD_LETTERS_KEPT: Span = Span::days(90);
/// Longer than any process could go without hearing of them.
const REVOCATIONS_KEPT: Span = Span::days(1);

/// Deletes in batches until nothing is left.
pub async fn run(app: &App, now: Time) -> Result<()> {
    let limit = BATCH.cast_signed();
    let mut swept = [0_u64; 7];
    loop {
        let batch = app
            .store
            .write(async move |db| {
                Ok([
                    store::sessions::sweep(&db, now - SESSIONS_KEPT, limit).await?,
                    store::links::sweep(&db, now - LINKS_KEPT, limit).await?,
                    store::revocations::sweep(&db, now - REVOCATIONS_KEPT, limit).await?,
                    store::invitations::sweep(&db, now - INVITATIONS_KEPT, limit).await?,
                    store::idempotency::sweep(&db, now - idempotency::KEPT, limit).await?,
                    store::keys::sweep(&db, now, limit).await?,
                    store::jobs::sweep(&db, now - DEAD_LETTERS_KEPT, limit).await?,
                ])
            })
            .await?;
        for (sum, count) in swept.iter_mut().zip(batch) {
            *sum += count;
        }
        if batch.iter().all(|it| *it < BATCH) {
            break;
        }
    }
    let [sessions, links, revocations, invitations, idempotency_keys, keys, dead_letters] = swept;
    tracing::info!(
        sessions,
        links,
        revocations,
        invitations,
        idempotency_keys,
        keys,
        dead_letters,
        "cleaned up"
    );
    Ok(())
}
