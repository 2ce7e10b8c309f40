//! Sessions and the tokens that stand for them.

pub mod device;
pub mod sessions;
pub mod tokens;
