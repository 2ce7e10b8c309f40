//! The black-box suite: one binary, so that it links once.

#![cfg(test)]

mod access_table;
mod bad_input;
mod cli;
mod database_away;
mod email;
mod fakes;
mod kill;
mod leaks;
mod login;
mod logout;
mod mail;
mod nodes;
mod profile;
mod races;
mod refresh;
mod register;
mod sessions;
mod tidy;
mod tokens;
mod transport;
mod world;

/// Each process has one provider of cryptography, and tests begin in any order.
fn install_crypto() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| drop(rustls::crypto::aws_lc_rs::default_provider().install_default()));
}
