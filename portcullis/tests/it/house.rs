//! Rules of the house, checked as a whole.

mod access;
mod leaks;
mod openapi;
mod races;
mod sentences;
mod tidy;
