//! Work that comes with the clock: cron expressions in UTC, one process at a time for each.

use std::str::FromStr as _;

use croner::Cron;
use domain::{Span, Time};
use jiff::{Timestamp, tz::TimeZone};
use store::{Db, schedules::Schedule};

use super::cleanup;
use crate::{App, Error, OpenError, Result, deletion, keys, lockout};

/// When work that failed is tried again.
const RETRY_AFTER: Span = Span::minutes(1);

const CLEANUP: &str = "cleanup";
const ERASE: &str = "erase";
const KEYS: &str = "keys";
/// How exactly the times of keys are kept.
const KEYS_CRON: &str = "*/5 * * * *";
const LOCKOUTS: &str = "lockouts";
/// How closely their number is bounded.
const LOCKOUTS_CRON: &str = "*/10 * * * *";

/// Whether this is a cron expression, and if not why.
pub fn check_cron(cron: &str) -> Result<(), String> {
    next(cron, Time(0)).map(drop)
}

/// When `cron` is next due after `now`.
fn next(cron: &str, now: Time) -> Result<Time, String> {
    let parsed = Cron::from_str(cron).map_err(|error| format!("{cron:?}: {error}"))?;
    let now = Timestamp::from_microsecond(now.0).map_err(|error| error.to_string())?;
    let next = parsed.find_next_occurrence(&now.to_zoned(TimeZone::UTC), false);
    let next = next.map_err(|error| format!("{cron:?}: {error}"))?;
    Ok(Time(next.timestamp().as_microsecond()))
}

/// Writes down what is scheduled, at start-up.
pub async fn prepare(app: &App) -> Result<(), OpenError> {
    let (jobs, now) = (&app.settings.jobs, app.clock.now());
    let schedules = [
        (CLEANUP, jobs.cleanup.as_str()),
        (ERASE, jobs.erase.as_str()),
        (KEYS, KEYS_CRON),
        (LOCKOUTS, LOCKOUTS_CRON),
    ];
    for (name, cron) in schedules {
        let due_at = next(cron, now)
            .map_err(|error| OpenError::Settings(format!("the schedule {name}: {error}")))?;
        let cron = cron.to_owned();
        let unit = async move |db: Db| store::schedules::put(&db, name, &cron, due_at).await;
        app.store.put(unit).await?;
    }
    Ok(())
}

/// Does what is due by the clock, unless another process is faster.
pub async fn run_due(app: &App) -> Result<()> {
    let now = app.clock.now();
    let due = app.store.get(async move |db| store::schedules::due(&db, now).await).await?;
    for schedule in due {
        let next = next(&schedule.cron, now).map_err(Error::broken)?;
        let moved: Schedule = schedule.clone();
        let unit = async move |db: Db| store::schedules::consume(&db, &moved, next, now).await;
        if !app.store.put(unit).await? {
            continue;
        }
        if let Err(error) = run(app, &schedule.name, now).await {
            tracing::warn!(schedule = schedule.name, %error, "scheduled work failed");
            let again = Schedule { due_at: next, ..schedule };
            let unit = async move |db: Db| {
                store::schedules::consume(&db, &again, now + RETRY_AFTER, now).await
            };
            app.store.put(unit).await?;
        }
    }
    Ok(())
}

async fn run(app: &App, name: &str, now: Time) -> Result<()> {
    match name {
        CLEANUP => cleanup::run(app, now).await,
        ERASE => deletion::erase_due(app, now).await,
        KEYS => keys::advance(app, now).await,
        LOCKOUTS => lockout::sweep(app, now).await,
        // Of a newer version that shares the database, which runs it itself.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_in_utc() {
        let now: Time = "2027-01-15T08:00:00Z".parse().unwrap();
        assert_eq!(next("0 0 * * *", now).unwrap().to_string(), "2027-01-16T00:00:00Z");
        assert_eq!(next("0 8 * * 0", now).unwrap().to_string(), "2027-01-17T08:00:00Z");
        assert!(next("now and then", now).is_err());
    }
}
