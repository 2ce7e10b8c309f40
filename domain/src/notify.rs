//! What people are told by mail, and the single-use tokens that travel in it.

mod due;
mod letter;
pub mod link;

pub use self::letter::Letter;
