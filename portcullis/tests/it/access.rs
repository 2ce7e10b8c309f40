//! What guards requests.

mod bad_input;
mod foreign;
mod limits;
