//! Deletes expired rows: sessions, single-use tokens, invitations, revocations, idempotency keys,
//! signing keys, dead letters.

use domain::{SessionId, Span, Time};
use store::Db;

use crate::{App, Result, access::idempotency};

/// The rows per statement, so that other transactions can run in between.
const BATCH: u64 = 1_000;
/// How long the lockout knows a device after its session expired.
const EXPIRED_SESSIONS_KEPT: Span = Span::days(30);
/// The same after the session was ended. It is shorter because each sign-in can end a session, so
/// there may be many.
const ENDED_SESSIONS_KEPT: Span = Span::days(7);
const LINKS_KEPT: Span = Span::days(7);
/// Operators may want to see who did not accept.
const INVITATIONS_KEPT: Span = Span::days(30);
/// Bounded because they contain personal data, and nobody replays them after a season.
const DEAD_LETTERS_KEPT: Span = Span::days(90);
/// Longer than any process can go without polling them.
const REVOCATIONS_KEPT: Span = Span::days(1);

/// Deletes in batches until none is full.
pub async fn run(app: &App, now: Time) -> Result<()> {
    let limit = BATCH.cast_signed();
    let mut swept = [0_u64; 7];
    loop {
        let batch = app
            .store
            .write(async move |db| {
                Ok([
                    store::links::sweep(&db, now - LINKS_KEPT, limit).await?,
                    store::challenges::sweep(&db, now, limit).await?,
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
    // Last, as there may be many of them.
    let sessions = sweep_sessions(app, now).await?;
    let [links, challenges, revocations, invitations, idempotency_keys, keys, dead_letters] = swept;
    tracing::info!(
        sessions,
        links,
        challenges,
        revocations,
        invitations,
        idempotency_keys,
        keys,
        dead_letters,
        "cleaned up"
    );
    Ok(())
}

/// Deletes in pages of ids, which follow the creation time.
async fn sweep_sessions(app: &App, now: Time) -> Result<u64> {
    let (expired, ended) = (now - EXPIRED_SESSIONS_KEPT, now - ENDED_SESSIONS_KEPT);
    // Sessions that are newer cannot have expired or ended by then.
    let end = SessionId::new(expired.max(ended), [0; 10]);
    let (mut after, mut swept) = (SessionId(Default::default()), 0);
    loop {
        let limit = BATCH.cast_signed();
        let unit = async move |db: Db| store::sessions::page_end(&db, after, end, limit).await;
        let found = app.store.get(unit).await?;
        let last = found.unwrap_or(end);
        let unit =
            async move |db: Db| store::sessions::sweep(&db, after, last, expired, ended).await;
        swept += app.store.put(unit).await?;
        match found {
            Some(last) => after = last,
            None => return Ok(swept),
        }
    }
}
