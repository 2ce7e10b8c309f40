//! Rules that hold for the whole code and every operation.

mod access;
mod leaks;
mod openapi;
mod races;
mod sentences;
mod tidy;
