//! Work that comes with the clock: cron expressions in UTC. What is due becomes a job once, in the
//! transaction that moves its schedule on.

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

/// The schedules and their expressions.
fn all(jobs: &Jobs) -> [(&'static str, &str); 4] {
    [
        (CLEANUP, jobs.cleanup.as_str()),
        (ERASE, jobs.erase.as_str()),
        (KEYS, KEYS_CRON),
        (LOCKOUTS, LOCKOUTS_CRON),
    ]
}

/// Writes down what is scheduled, at start-up.
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

/// Makes jobs of what is due by the clock, unless another process is faster. Where the last one has
/// not been done yet, that is enough.
pub async fn run_due(app: &App) -> Result<()> {
    let now = app.clock.now();
    let due = app.store.get(async move |db| store::schedules::due(&db, now).await).await?;
    // Those of a newer version that shares the database are its own business.
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

/// The clock has stepped back: no schedule waits for longer than until its next time by the new one.
pub(crate) async fn rewind(app: &App, now: Time) -> Result<u64> {
    let mut changed = 0;
    // What the clock of another node may show.
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

/// The job that one becomes.
pub(super) async fn run(app: &App, name: &str, now: Time) -> Result<()> {
    match name {
        CLEANUP => cleanup::run(app, now).await,
        ERASE => deletion::erase_due(app, now).await,
        KEYS => keys::advance(app, now).await,
        LOCKOUTS => lockout::sweep(app, now).await,
        _ => Err(Error::broken("a schedule of another version of the program")),
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
