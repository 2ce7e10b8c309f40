//! Accounts: people and their names.

pub mod domains;
pub mod email;
pub mod metadata;
pub mod phone;
pub mod profile;
pub mod user;
pub mod username;

pub use email::Email;
pub use profile::Profile;
pub use user::User;
