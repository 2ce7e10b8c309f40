//! Tables of what is told by mail.

pub mod links;
