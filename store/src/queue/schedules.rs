//! Recurring work. Of all processes that see a schedule due, the one whose update moves it on
//! inserts the job.

use domain::Time;

use crate::{Db, Result, args, row, sql};

row! {
    pub struct Schedule {
        pub name: String,
        pub cron: String,
        pub due_at: Time,
    }
}

/// Inserts a schedule, or moves it if its expression has changed.
pub async fn put(db: &Db, name: &str, cron: &str, due_at: Time) -> Result<u64> {
    db.execute(
        sql!(
            "INSERT INTO schedules (name, cron, due_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, due_at = excluded.due_at
             WHERE schedules.cron <> excluded.cron"
        ),
        args![name, cron, due_at],
    )
    .await
}

pub async fn due(db: &Db, now: Time) -> Result<Vec<Schedule>> {
    db.all(
        sql!("SELECT name, cron, due_at FROM schedules WHERE due_at <= $1 ORDER BY due_at"),
        args![now],
    )
    .await
}

/// Moves a schedule on from `due_at`. Returns false if another process has.
pub async fn consume(db: &Db, schedule: &Schedule, next: Time, now: Time) -> Result<bool> {
    let moved = db
        .execute(
            sql!("UPDATE schedules SET due_at = $3, ran_at = $4 WHERE name = $1 AND due_at = $2"),
            args![schedule.name, schedule.due_at, next, now],
        )
        .await?;
    Ok(moved == 1)
}
