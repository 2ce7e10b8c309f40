//! Background work, and the life cycle of the process.

mod database_away;
mod files;
mod keys;
mod kill;
mod schedules;
mod shutdown;
mod worker;
