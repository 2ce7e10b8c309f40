//! The table of the audit log.

pub mod events;
