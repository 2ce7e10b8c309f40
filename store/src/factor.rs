//! Tables of what people prove themselves with.

pub mod passwords;
