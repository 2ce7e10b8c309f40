//! Schedules: cron expressions in UTC. A due schedule becomes a job once, in the transaction that
//! sets its next time.

use std::str::FromStr as _;

use croner::Cron;
use domain::{Time, reach::Reach, settings::Jobs};
use jiff::{Timestamp, tz::TimeZone};
use store::{Db, rewind};

use crate::{
    App, Ctx, Error, OpenError, Result, access::lockout, account::deletion, queue::Task, random,
    tx::Tx, work::cleanup, work::keys,
};

const CLEANUP: &str = "cleanup";
const ERASE: &str = "erase";
const KEYS: &str = "keys";
/// The precision of key rotation.
const KEYS_CRON: &str = "*/5 * * * *";
const LOCKOUTS: &str = "lockouts";
/// The interval at which their number is bounded.
const LOCKOUTS_CRON: &str = "*/10 * * * *";

/// Checks a cron expression.
pub fn check_cron(cron: &str) -> Result<(), String> {
    next(cron, Time(0)).map(drop)
}

/// The next time of `cron` after `now`.
fn next(cron: &str, now: Time) -> Result<Time, String> {
    let parsed = Cron::from_str(cron).map_err(|error| format!("{cron:?}: {error}"))?;
    let now = Timestamp::from_microsecond(now.0).map_err(|error| error.to_string())?;
    let next = parsed.find_next_occurrence(&now.to_zoned(TimeZone::UTC), false);
    let next = next.map_err(|error| format!("{cron:?}: {error}"))?;
    Ok(Time(next.timestamp().as_microsecond()))
}

/// The schedules and their expressions.
fn all(jobs: &Jobs) -> [(&'static str, &str); 4] {
    [
        (CLEANUP, jobs.cleanup.as_str()),
        (ERASE, jobs.erase.as_str()),
        (KEYS, KEYS_CRON),
        (LOCKOUTS, LOCKOUTS_CRON),
    ]
}

/// Stores the schedules, at start-up.
pub async fn prepare(app: &App) -> Result<(), OpenError> {
    let now = app.clock.now();
    for (name, cron) in all(&app.settings.jobs) {
        let due_at = next(cron, now)
            .map_err(|error| OpenError::Settings(format!("the schedule {name}: {error}")))?;
        let cron = cron.to_owned();
        let unit = async move |db: Db| store::schedules::put(&db, name, &cron, due_at).await;
        app.store.put(unit).await?;
    }
    Ok(())
}

/// Makes jobs of due schedules, unless another process is faster. If the previous job is still
/// waiting, no second one is queued.
pub async fn run_due(app: &App) -> Result<()> {
    let now = app.clock.now();
    let due = app.store.get(async move |db| store::schedules::due(&db, now).await).await?;
    // Unknown schedules belong to a newer version that shares the database.
    for schedule in due.into_iter().filter(|it| is_known(app, &it.name)) {
        let next = next(&schedule.cron, now).map_err(Error::broken)?;
        let ctx = Ctx::local(now, random::request_id(now));
        let task = Task::Scheduled { name: schedule.name.clone() };
        let unit = async move |tx: Tx| -> Result<()> {
            if store::schedules::consume(&tx, &schedule, next, now).await? {
                tx.queue_once(&task).await?;
            }
            Ok(())
        };
        app.write(&ctx, unit).await?;
    }
    Ok(())
}

fn is_known(app: &App, name: &str) -> bool {
    all(&app.settings.jobs).iter().any(|it| it.0 == name)
}

/// Pulls schedules back after the clock stepped back: none waits longer than until its next time by
/// the new clock.
pub(crate) async fn rewind(app: &App, now: Time) -> Result<u64> {
    let mut changed = 0;
    // The time that another node may show.
    let soon = Reach::past(now).latest;
    let ahead = app.store.get(async move |db| rewind::schedules_after(&db, soon).await).await?;
    for schedule in ahead.into_iter().filter(|it| is_known(app, &it.name)) {
        let latest = next(&schedule.cron, soon).map_err(Error::broken)?;
        if schedule.due_at > latest {
            let next = next(&schedule.cron, now).map_err(Error::broken)?;
            let unit = async move |db: Db| rewind::schedule(&db, &schedule, next).await;
            changed += app.store.put(unit).await?;
        }
    }
    Ok(changed)
}

/// Runs the job of a schedule.
pub(super) async fn run(app: &App, name: &str, now: Time) -> Result<()> {
    match name {
        CLEANUP => cleanup::run(app, now).await,
        ERASE => deletion::erase_due(app, now).await,
        KEYS => keys::advance(app, now).await,
        LOCKOUTS => lockout::sweep(app, now).await,
        _ => Err(Error::broken("a schedule of another version")),
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
