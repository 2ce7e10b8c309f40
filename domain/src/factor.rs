//! What people prove themselves with: passwords.

mod advice;
pub mod opaque;
pub mod password;
pub mod phc;
