//! Tables of what guards requests.

pub mod idempotency;
