//! Tables of request guards.

pub mod idempotency;
pub mod lockouts;
