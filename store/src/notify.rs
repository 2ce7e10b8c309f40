//! Tables of notifications.

pub mod links;
