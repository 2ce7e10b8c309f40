//! What happens when the clock steps back: every stored time that lies further ahead than it can is
//! pulled back, so that a lock, a link, a retry or a claim lasts as long by the new clock as it was
//! meant to, and not a day longer. See docs/decisions/0017.
//!
//! Each process looks every second, and at its start. Clocks of nodes that differ by less than
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

/// How many rows one statement changes, or looks at: others must get at the database in between.
const BATCH: i64 = 1_000;

/// The wait before a retry doubles: no job has failed more often.
const MOST_FAILURES: u32 = 64;

/// 2026-01-01. A clock that shows less was never set, as in a machine whose battery is empty: it will
/// jump ahead again, and by then everything that was pulled back would be over.
const EARLIEST: Time = Time(1_767_225_600_000_000);

/// What to do about a clock that went back.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    PullBack,
    Unset,
    /// The database's server shows this.
    Wrong(Time),
}

/// Whether the clock has stepped back since the last check, and if so mends it. What fails is done
/// with the next check, and so is what a second clock speaks against.
pub(crate) async fn check(app: &App) -> Result<()> {
    let mut state = app.steps.lock().await;
    let reading = app.clock.reading();
    let behind = state.seen.behind(reading);
    if behind > TOLERANCE {
        handle_step_back(app, &mut state, reading, behind).await?;
    } else if behind.is_zero() {
        // Many small steps make a large one.
        (state.seen, state.is_logged) = (reading, false);
    }
    // Requests and jobs that were at work had the old time, and wrote it when they ended.
    let longest = app.settings.server.request_timeout.max(app.settings.jobs.lease);
    let is_over = state.stepped.is_some_and(|it| reading.monotonic.beyond(it) >= longest);
    // Not by a clock that has gone back again, and was not believed.
    if is_over && state.seen.behind(reading) <= TOLERANCE {
        let changed = pull_back_all(app, reading.now).await?;
        tracing::info!(changed, "what was at work when the clock went back was pulled back");
        state.stepped = None;
    }
    Ok(())
}

/// The same at the start: whether the clock shows less than when a process last worked.
pub(crate) async fn check_at_start(app: &App) -> Result<()> {
    let latest = app.store.get(async |db| rewind::latest(&db).await).await?;
    let reading = app.clock.reading();
    if let Some(latest) = latest.filter(|it| it.since(reading.now) > TOLERANCE) {
        app.steps.lock().await.seen = Reading { now: latest, ..reading };
    }
    check(app).await
}

/// Mends, unless this clock is the one that is wrong.
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
            tracing::warn!(%behind, changed, "the clock went back: times too far ahead were pulled back");
            *state =
                StepState { seen: reading, stepped: Some(reading.monotonic), is_logged: false };
            return Ok(());
        }
        _ if state.is_logged => {}
        Verdict::Unset => {
            tracing::error!(%behind, %now, "the clock went back and is not set: nothing is pulled back");
        }
        Verdict::Wrong(database) => tracing::error!(
            %behind, %now, %database,
            "this node's clock is wrong: it went back, and the database's did not; set it right. \
             Nothing is pulled back"
        ),
    }
    state.is_logged = true;
    Ok(())
}

/// `shown`: by the clock of the database's server, if it can be asked.
fn verdict(now: Time, shown: Option<Time>) -> Verdict {
    let apart = |it: Time| it.since(now).max(now.since(it));
    match shown {
        _ if now < EARLIEST => Verdict::Unset,
        Some(shown) if apart(shown) > TOLERANCE => Verdict::Wrong(shown),
        _ => Verdict::PullBack,
    }
}

/// Pulls back what lies too far ahead. It can be repeated, and go on where it was interrupted.
async fn pull_back_all(app: &App, now: Time) -> Result<u64> {
    let mut changed = locks_and_links(app, now).await?;
    changed += retention_times(app, now).await?;
    changed += jobs_and_schedules(app, now).await?;
    changed += keys::rewind(app, now).await?;
    changed += sessions(app, now).await?;
    // Their times, as this process remembers them.
    app.lookaside.forget_all();
    // At the next start it is done again unless all of it was.
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

/// What is kept for so long after something has happened. Deleted accounts keep their time, because
/// erasing one too late harms nobody, and erasing one too early cannot be undone.
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
        // The longest that one waits that has failed so often.
        let due_at = if failures == 0 { None } else { retry_at(failures, now, u8::MAX, settings) };
        let reach = Reach::ahead(now, due_at.unwrap_or(now).since(now));
        let begun = i64::from(failures);
        changed += pull_back(app, Times::Jobs { least: begun, most: begun }, reach).await?;
    }
    // Those at their last try, which has nothing to wait for.
    let least = i64::from(settings.retries.min(MOST_FAILURES)) + 1;
    let last_try = Times::Jobs { least, most: i64::MAX };
    changed += pull_back(app, last_try, Reach::past(now)).await?;
    changed += pull_back(app, Times::Claims, Reach::ahead(now, settings.lease)).await?;
    app.wake_workers();
    Ok(changed)
}

/// Page by page, as there is no index on their times.
async fn sessions(app: &App, now: Time) -> Result<u64> {
    let tokens = &app.settings.tokens;
    let to = rewind::Sessions {
        past: Reach::past(now),
        // Also on a node whose clock is a little behind.
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

/// Until a batch is not full.
async fn in_batches<F, Fut>(app: &App, unit: F) -> Result<u64>
where
    F: FnOnce(Db) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = store::Result<u64>> + Send + 'static,
{
    let mut changed = 0;
    loop {
        // A transaction, because that is repeated where it meets another one.
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
        // The clock was ahead, and is set right.
        for nearly in [right, right - TOLERANCE, right + TOLERANCE] {
            assert_eq!(verdict(nearly, Some(right)), Verdict::PullBack);
        }
        // A file has no other clock.
        assert_eq!(verdict(slow, None), Verdict::PullBack);
        assert_eq!(verdict(EARLIEST - Span::days(1), None), Verdict::Unset);
        assert_eq!(verdict(EARLIEST - Span::days(1), Some(right)), Verdict::Unset);
    }
}
