//! Tables of what people prove themselves with.

pub mod hash_kinds;
pub mod passwords;
