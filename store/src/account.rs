//! Tables of accounts.

pub mod consents;
pub mod invitations;
pub mod users;
