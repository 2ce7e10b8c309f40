//! Accounts: made, proved, changed, deleted, managed.

pub mod deletion;
pub mod email;
pub mod email_change;
pub mod invitations;
pub(crate) mod names;
pub mod profile;
pub mod registration;
pub mod users;
