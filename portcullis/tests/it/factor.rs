//! What people prove themselves with.

mod password;
