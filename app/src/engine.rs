//! What use cases work with, each part made once at start-up. Nothing here knows a use case.

pub(crate) mod activity;
pub(crate) mod hasher;
pub mod keys;
pub mod locale;
pub(crate) mod lookaside;
pub(crate) mod render;
pub mod templates;
pub(crate) mod turns;
