//! What people are told by mail, and the single-use tokens that travel in it.

mod due;
mod letter;
pub mod link;
pub(crate) mod purpose;

pub use self::letter::Letter;
