//! Tables of background work.

pub mod jobs;
pub mod schedules;
