//! Tables of sessions.

pub mod revocations;
pub mod sessions;
