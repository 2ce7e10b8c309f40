//! Tables of request guards.

pub mod idempotency;
