//! Handling of a clock that steps back: stored times that are too far in the future are pulled
//! back, so that a lock, a link, a retry or a claim lasts as long as intended by the new clock. See
//! docs/decisions/0017.
//!
//! Every process checks each second, and at its start. Differences between nodes below
//! [`TOLERANCE`] change nothing.

use domain::{
    SessionId, Span, Time,
    notify::link::Purpose,
    queue::retry_at,
    reach::{Reach, TOLERANCE},
    session::expires_at,
    sign_in::{ChallengeKind, proofs::FRESH},
};
use store::{
    Db,
    rewind::{self, Times},
};
use uuid::Uuid;

use crate::{
    App, Result,
    clock::Reading,
    engine::steps::StepState,
    work::{keys, schedule},
};

/// The rows per statement, so that other transactions can run in between.
const BATCH: i64 = 1_000;

/// A bound on failures: the pause before a retry doubles, so no job has failed more often.
const MOST_FAILURES: u32 = 64;

/// 2026-01-01. An earlier clock was never set, as in a machine with an empty battery. It will jump
/// ahead again, and then everything that was pulled back would have expired.
const EARLIEST: Time = Time(1_767_225_600_000_000);

/// How to react to a clock that stepped back.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    PullBack,
    Unset,
    /// The time of the database server.
    Wrong(Time),
}

/// Checks whether the clock has stepped back since the last check, and if so pulls stored times
/// back. If that fails, or if the database server contradicts this clock, the next check tries
/// again.
pub(crate) async fn check(app: &App) -> Result<()> {
    let mut state = app.steps.lock().await;
    let reading = app.clock.reading();
    let behind = state.seen.behind(reading);
    if behind > TOLERANCE {
        handle_step_back(app, &mut state, reading, behind).await?;
    } else if behind.is_zero() {
        // Reset only here, so that many small steps back add up.
        (state.seen, state.is_logged) = (reading, false);
    }
    // Requests and jobs that were running during the step wrote the old time when they ended.
    let longest = app.settings.server.request_timeout.max(app.settings.jobs.lease);
    let is_over = state.stepped.is_some_and(|it| reading.monotonic.beyond(it) >= longest);
    // Not if the clock has stepped back again and was found wrong.
    if is_over && state.seen.behind(reading) <= TOLERANCE {
        let changed = pull_back_all(app, reading.now).await?;
        tracing::info!(
            changed,
            "the times of requests and jobs that ran when the clock went back were pulled back"
        );
        state.stepped = None;
    }
    Ok(())
}

/// [`check`] at start-up, against the latest time that a process stored.
pub(crate) async fn check_at_start(app: &App) -> Result<()> {
    let latest = app.store.get(async |db| rewind::latest(&db).await).await?;
    let reading = app.clock.reading();
    if let Some(latest) = latest.filter(|it| it.since(reading.now) > TOLERANCE) {
        app.steps.lock().await.seen = Reading { now: latest, ..reading };
    }
    check(app).await
}

/// Pulls times back, unless this clock is wrong.
async fn handle_step_back(
    app: &App,
    state: &mut StepState,
    reading: Reading,
    behind: Span,
) -> Result<()> {
    let now = reading.now;
    let shown = if app.clock.is_system() {
        app.store.get(async |db| rewind::server_time(&db).await).await?
    } else {
        // The database does not know the manual clock of a test.
        None
    };
    match verdict(now, shown) {
        Verdict::PullBack => {
            let changed = pull_back_all(app, now).await?;
            tracing::warn!(%behind, changed, "the clock went back; times in the future were pulled back");
            *state =
                StepState { seen: reading, stepped: Some(reading.monotonic), is_logged: false };
            return Ok(());
        }
        _ if state.is_logged => {}
        Verdict::Unset => {
            tracing::error!(%behind, %now, "the clock went back and is not set; nothing is pulled back");
        }
        Verdict::Wrong(database) => tracing::error!(
            %behind, %now, %database,
            "the clock of this node is wrong: it went back, and that of the database did not. \
             Correct it. Nothing is pulled back"
        ),
    }
    state.is_logged = true;
    Ok(())
}

/// `shown` is the time of the database server, if it has one.
fn verdict(now: Time, shown: Option<Time>) -> Verdict {
    let apart = |it: Time| it.since(now).max(now.since(it));
    match shown {
        _ if now < EARLIEST => Verdict::Unset,
        Some(shown) if apart(shown) > TOLERANCE => Verdict::Wrong(shown),
        _ => Verdict::PullBack,
    }
}

/// Pulls back all times that are too far in the future. It can be repeated, and resumed after an
/// interruption.
async fn pull_back_all(app: &App, now: Time) -> Result<u64> {
    let mut changed = locks_and_links(app, now).await?;
    changed += retention_times(app, now).await?;
    changed += jobs_and_schedules(app, now).await?;
    changed += keys::rewind(app, now).await?;
    changed += sessions(app, now).await?;
    // Cached sessions have the old times.
    app.lookaside.forget_all();
    // Stored last, so that an interrupted run is repeated at the next start.
    let past = Reach::past(now);
    app.store.put(async move |db| rewind::followed(&db, past).await).await?;
    Ok(changed)
}

async fn locks_and_links(app: &App, now: Time) -> Result<u64> {
    let (past, locked) = (Reach::past(now), Reach::ahead(now, app.settings.lockout.span));
    let unit = async move |db: Db| rewind::lockouts(&db, past, locked, BATCH).await;
    let mut changed = in_batches(app, unit).await?;
    for &purpose in Purpose::ALL {
        let reach = Reach::ahead(now, purpose.lifetime(&app.settings));
        let times = match purpose {
            Purpose::Invitation => Times::Invitations,
            _ => Times::Links(purpose),
        };
        changed += pull_back(app, times, reach).await?;
    }
    for &kind in ChallengeKind::ALL {
        let reach = Reach::ahead(now, kind.lifetime(&app.settings));
        changed += pull_back(app, Times::Challenges(kind), reach).await?;
    }
    Ok(changed)
}

/// Times that start a retention period. Deleted accounts keep their time: erasing one too late does
/// no harm, and erasing one too early cannot be undone.
async fn retention_times(app: &App, now: Time) -> Result<u64> {
    let past = Reach::past(now);
    let mut changed = 0;
    for times in [Times::Idempotency, Times::Revocations, Times::DeadLetters] {
        changed += pull_back(app, times, past).await?;
    }
    Ok(changed)
}

async fn jobs_and_schedules(app: &App, now: Time) -> Result<u64> {
    let settings = &app.settings.jobs;
    let mut changed = schedule::rewind(app, now).await?;
    for failures in 0..=settings.retries.min(MOST_FAILURES) {
        // The longest pause after this number of failures.
        let due_at = if failures == 0 { None } else { retry_at(failures, now, u8::MAX, settings) };
        let reach = Reach::ahead(now, due_at.unwrap_or(now).since(now));
        let begun = i64::from(failures);
        changed += pull_back(app, Times::Jobs { least: begun, most: begun }, reach).await?;
    }
    // Jobs in their last try have no retry to wait for.
    let least = i64::from(settings.retries.min(MOST_FAILURES)) + 1;
    let last_try = Times::Jobs { least, most: i64::MAX };
    changed += pull_back(app, last_try, Reach::past(now)).await?;
    changed += pull_back(app, Times::Claims, Reach::ahead(now, settings.lease)).await?;
    app.wake_workers();
    Ok(changed)
}

/// In pages of ids, because their times have no index.
async fn sessions(app: &App, now: Time) -> Result<u64> {
    let tokens = &app.settings.tokens;
    let to = rewind::Sessions {
        past: Reach::past(now),
        // Also stale on a node whose clock is slightly behind.
        proved: now - FRESH - TOLERANCE,
        expires: expires_at(now, now, false, tokens),
        expires_remembered: expires_at(now, now, true, tokens),
    };
    let end = SessionId(Uuid::max());
    let (mut after, mut changed) = (SessionId(Uuid::nil()), 0);
    loop {
        let unit = async move |db: Db| store::sessions::page_end(&db, after, end, BATCH).await;
        let found = app.store.get(unit).await?;
        let last = found.unwrap_or(end);
        let unit = async move |db: Db| rewind::sessions(&db, after, last, to).await;
        changed += app.store.write(unit).await?;
        match found {
            Some(last) => after = last,
            None => return Ok(changed),
        }
    }
}

async fn pull_back(app: &App, times: Times, reach: Reach) -> Result<u64> {
    in_batches(app, async move |db: Db| rewind::pull_back(&db, times, reach, BATCH).await).await
}

/// Runs `unit` until a batch is not full.
async fn in_batches<F, Fut>(app: &App, unit: F) -> Result<u64>
where
    F: FnOnce(Db) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = store::Result<u64>> + Send + 'static,
{
    let mut changed = 0;
    loop {
        // A transaction, because it is retried after a conflict.
        let count = app.store.write(unit.clone()).await?;
        changed += count;
        if count < BATCH.unsigned_abs() {
            return Ok(changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_the_database_s_contradicts_pulls_nothing_back() {
        let right = EARLIEST + Span::days(400);
        let slow = right - Span::days(31);
        assert_eq!(verdict(slow, Some(right)), Verdict::Wrong(right));
        assert_eq!(verdict(right + Span::days(1), Some(right)), Verdict::Wrong(right));
        // The clock was ahead and was corrected.
        for nearly in [right, right - TOLERANCE, right + TOLERANCE] {
            assert_eq!(verdict(nearly, Some(right)), Verdict::PullBack);
        }
        // SQLite has no clock of its own.
        assert_eq!(verdict(slow, None), Verdict::PullBack);
        assert_eq!(verdict(EARLIEST - Span::days(1), None), Verdict::Unset);
        assert_eq!(verdict(EARLIEST - Span::days(1), Some(right)), Verdict::Unset);
    }
}
