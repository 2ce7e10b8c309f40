//! What people are told by mail, and the single-use tokens that travel in it.

pub(crate) mod allowance;
pub mod inbox;
pub(crate) mod letter;
pub(crate) mod link;
