//! SQL, and the only crate that names a database driver: the seam in [`db`], then one file a table,
//! and [`rewind`] for what concerns the times of all of them.

pub mod db;

pub mod audit;
pub mod consents;
pub mod idempotency;
pub mod invitations;
pub mod jobs;
pub mod keys;
pub mod links;
pub mod lockouts;
pub mod passwords;
pub mod revocations;
pub mod rewind;
pub mod schedules;
pub mod sessions;
pub mod users;

pub use db::{Claim, Db, Error, Result, Store};
