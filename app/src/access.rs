//! Who is calling and what they may do: the guards that a use case begins with.

pub mod caller;
pub mod fresh;
pub mod idempotency;
pub mod limits;
pub mod permission;
