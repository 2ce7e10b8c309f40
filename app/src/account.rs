//! Accounts: made, proved, changed, deleted, managed.
//!
//! [`users`] is what operators do, over the command line or the API; everything else is what people do
//! to their own account.

pub mod deletion;
pub mod email;
pub mod email_change;
pub mod invitations;
pub(crate) mod names;
pub mod profile;
pub mod registration;
pub mod users;
