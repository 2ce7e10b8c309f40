//! What people prove themselves with: passwords.

pub mod opaque;
pub mod password;
pub mod phc;
