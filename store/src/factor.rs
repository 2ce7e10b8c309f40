//! Tables of authentication factors.

pub mod hash_kinds;
pub mod passwords;
