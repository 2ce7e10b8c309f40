//! The black-box suite: one binary, so that it links once.

#![cfg(test)]

mod tidy;
