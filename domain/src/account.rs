//! Accounts: who somebody is and what they are known by.

pub mod admission;
pub mod email;
mod invisible;
pub mod lockout;
pub mod metadata;
pub mod opaque;
pub mod password;
pub mod phone;
pub mod profile;
pub mod user;
pub mod username;

pub use email::Email;
pub use profile::Profile;
pub use user::User;
