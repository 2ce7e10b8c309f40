//! Tables of work that waits.

pub mod jobs;
pub mod schedules;
