//! What goes on beside requests, and the life of the process.

mod database_away;
mod files;
mod keys;
mod kill;
mod schedules;
mod shutdown;
mod worker;
